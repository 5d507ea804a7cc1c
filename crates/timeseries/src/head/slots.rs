//! Where the series stand, by number. Numbers are never used twice, so places of forgotten series are given back by
//! the page.

use super::series::Remembered;
use crate::index::Id;

const PAGE: usize = 1024;

#[derive(Debug, Default)]
pub struct Slots {
    /// Full pages, but for the last one; an empty one has nobody left.
    pages: Vec<Vec<Option<Box<Remembered>>>>,
    next: usize,
    alive: usize,
}

impl Slots {
    pub fn len(&self) -> usize {
        self.alive
    }

    /// `None` once four billion series have been.
    pub fn next_id(&self) -> Option<Id> {
        Id::try_from(self.next).ok()
    }

    /// Under the next number.
    pub fn push(&mut self, series: Remembered) {
        if self.next.is_multiple_of(PAGE) {
            self.pages.push(Vec::with_capacity(if self.next == 0 { 0 } else { PAGE }));
        }
        if let Some(page) = self.pages.last_mut() {
            page.push(Some(Box::new(series)));
        }
        self.next += 1;
        self.alive += 1;
    }

    pub fn get(&self, id: Id) -> Option<&Remembered> {
        let id = id as usize;
        self.pages.get(id / PAGE)?.get(id % PAGE)?.as_deref()
    }

    pub fn get_mut(&mut self, id: Id) -> Option<&mut Remembered> {
        let id = id as usize;
        self.pages.get_mut(id / PAGE)?.get_mut(id % PAGE)?.as_deref_mut()
    }

    pub fn ids(&self) -> Vec<Id> {
        self.iter().map(|(id, _)| id).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Id, &Remembered)> {
        self.pages.iter().enumerate().flat_map(|(page, slots)| {
            let slots = slots.iter().enumerate();
            slots.filter_map(move |(at, slot)| {
                slot.as_deref().map(|series| ((page * PAGE + at) as Id, series))
            })
        })
    }

    /// Takes out what `gone`, which sees each series once, says is gone.
    pub fn remove(
        &mut self,
        mut gone: impl FnMut(&mut Remembered) -> bool,
        mut removed: impl FnMut(Id, &Remembered),
    ) {
        let last = self.next / PAGE;
        for (page, slots) in self.pages.iter_mut().enumerate() {
            for (at, slot) in slots.iter_mut().enumerate() {
                if let Some(series) = slot.take_if(|series| gone(series)) {
                    self.alive -= 1;
                    removed((page * PAGE + at) as Id, &series);
                }
            }
            if page < last && slots.iter().all(Option::is_none) {
                *slots = Vec::new();
            }
        }
    }
}
