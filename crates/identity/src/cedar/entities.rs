//! Who asks for what, as Cedar is told of it.

use std::str::FromStr;

use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};

use crate::{How, Permission, Principal, Resource};

pub(super) struct Asked {
    pub principal: EntityUid,
    pub action: EntityUid,
    pub resource: EntityUid,
    pub entities: Entities,
}

pub(super) fn of(who: &Principal, permission: Permission, resource: &Resource) -> Result<Asked, String> {
    let principal = uid("User", &who.handle)?;
    let action = uid("Action", permission.word())?;
    let name = resource.name.as_deref().unwrap_or_default();
    let to = uid(resource.what.word(), name)?;
    let entities = [person(principal.clone(), who)?, thing(to.clone(), name, resource)?];
    let entities = Entities::from_entities(entities, None).map_err(|why| why.to_string())?;
    Ok(Asked { principal, action, resource: to, entities })
}

fn person(uid_of: EntityUid, who: &Principal) -> Result<Entity, String> {
    let parents = who.grants.iter().map(|grant| match &grant.team {
        None => uid("Role", grant.role.word()),
        Some(team) => uid("Team", team),
    });
    let by = match who.how {
        How::Session => "session",
        How::Token(_) => "token",
        How::Answer => "answer",
    };
    let grants = who.grants.iter().map(|grant| RestrictedExpression::new_string(grant.to_string()));
    let attributes = [
        ("grants".to_owned(), RestrictedExpression::new_set(grants)),
        ("by".to_owned(), RestrictedExpression::new_string(by.to_owned())),
        ("glass".to_owned(), RestrictedExpression::new_bool(who.glass.is_some())),
    ];
    let parents = parents.collect::<Result<_, String>>()?;
    Entity::new(uid_of, attributes.into_iter().collect(), parents).map_err(|why| why.to_string())
}

fn thing(uid_of: EntityUid, name: &str, resource: &Resource) -> Result<Entity, String> {
    let team = uid("Team", resource.team.as_deref().unwrap_or_default())?;
    let parent = resource.part_of.as_ref().map(|(what, name)| uid(what.word(), name)).transpose()?;
    let attributes = [
        ("name".to_owned(), RestrictedExpression::new_string(name.to_owned())),
        ("team".to_owned(), RestrictedExpression::new_entity_uid(team.clone())),
    ];
    let parents = resource.team.is_some().then_some(team).into_iter().chain(parent);
    Entity::new(uid_of, attributes.into_iter().collect(), parents.collect()).map_err(|why| why.to_string())
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    let kind = EntityTypeName::from_str(kind).map_err(|why| why.to_string())?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}
