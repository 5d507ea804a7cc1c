// One stream for all tabs: seven tabs with a stream each would leave HTTP/1.1 no connection for anything else.
const ports = new Set();
let last = "open";

function tell(state) {
  last = state === "lost" ? "lost" : "open";
  for (const port of ports) port.postMessage(state);
}

const stream = new EventSource("/api/v1/andon/stream");
stream.addEventListener("view", () => tell("view"));
stream.onopen = () => tell("open");
stream.onerror = () => tell("lost");

onconnect = (event) => {
  const port = event.ports[0];
  ports.add(port);
  port.onmessage = () => ports.delete(port);
  port.postMessage(last);
};
