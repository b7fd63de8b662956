"""Somebody else at work on a cluster for as long as a test runs, by clients that are none of mqops' code.

  busy.py KIND REQUESTS < connection JSON   a JSON request for each line of REQUESTS, a JSON answer for each on stdout

{"do": [name, gone, value]}      take it away first if `gone`, then make or change it; value null: no more than that
{"storm": seed, "names": […]}    do so at random, until {"calm": true}; its answer counts what was done and what was refused
{"read": true}                   name -> value of all that is there
{"forget": [names]}              these are somebody else's now
Every answer has "left": by name what this tool made last and nobody was asked to take away since: [value, identity].
A thing is a topic with max.message.bytes, a stream with max_msgs, a queue with x-max-length ("q." names) or a policy with a priority.
"""
import asyncio, base64, json, random, ssl, sys, threading, urllib.error, urllib.request


class Refused(Exception):
    pass


class Kafka:
    def __init__(self, c):
        from confluent_kafka.admin import AdminClient
        self.admin = AdminClient({"bootstrap.servers": ",".join(c["endpoints"]), "security.protocol": "SASL_SSL" if c["ca"] else "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512",
                                  "sasl.username": c["username"], "sasl.password": c["password"], "log_level": 0, **({"ssl.ca.pem": c["ca"]} if c["ca"] else {})})

    def each(self, futures):
        from confluent_kafka import KafkaException
        for future in futures.values():
            try:
                future.result(20)
            except KafkaException as error:
                raise Refused(str(error))

    def put(self, name, value):
        from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic
        try:
            self.each(self.admin.create_topics([NewTopic(name, 1, 3, config={"max.message.bytes": str(value)})]))
        except Refused as error:
            if "TOPIC_ALREADY_EXISTS" not in str(error):
                raise
            entry = ConfigEntry("max.message.bytes", str(value), incremental_operation=AlterConfigOpType.SET)
            self.each(self.admin.incremental_alter_configs([ConfigResource("topic", name, incremental_configs=[entry])]))

    def drop(self, name):
        self.each(self.admin.delete_topics([name]))

    def identity(self, name):
        from confluent_kafka import TopicCollection
        try:
            return str(self.admin.describe_topics(TopicCollection([name]))[name].result(20).topic_id)
        except Exception:
            return None

    def read(self):
        from confluent_kafka.admin import ConfigResource
        names = [n for n in self.admin.list_topics(timeout=20).topics if not n.startswith("__") and not n.startswith("mqops")]
        found = self.admin.describe_configs([ConfigResource("topic", n) for n in names]) if names else {}
        return {r.name: int(f.result(20)["max.message.bytes"].value) for r, f in found.items()}


class Nats:
    def __init__(self, c):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.nc = self.wait(self.connect(c))

    async def connect(self, c):
        import nats
        return await nats.connect(servers=[("tls://" if c["ca"] else "nats://") + e for e in c["endpoints"]], user=c["username"], password=c["password"],
                                  tls=ssl.create_default_context(cadata=c["ca"]) if c["ca"] else None)

    def wait(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def api(self, subject, body=None):
        import nats
        try:  # of two who make a stream of one name at once, the server may answer only one
            data = json.loads(self.wait(self.nc.request(f"$JS.API.{subject}", json.dumps(body).encode() if body else b"", timeout=5)).data)
        except nats.errors.TimeoutError:
            raise Refused(f"{subject}: no answer")
        if "error" in data:
            raise Refused(str(data["error"]))
        return data

    def put(self, name, value):
        try:
            config = self.api(f"STREAM.INFO.{name}")["config"]
            self.api(f"STREAM.UPDATE.{name}", {**config, "max_msgs": value})
        except Refused as error:
            if "not found" not in str(error):
                raise
            self.api(f"STREAM.CREATE.{name}", {"name": name, "subjects": [f"{name}.>"], "num_replicas": 3, "storage": "file", "max_msgs": value})

    def drop(self, name):
        self.api(f"STREAM.DELETE.{name}")

    def identity(self, name):
        try:
            return self.api(f"STREAM.INFO.{name}")["created"]
        except Refused:
            return None

    def read(self):
        return {n: self.api(f"STREAM.INFO.{n}")["config"]["max_msgs"] for n in self.api("STREAM.NAMES").get("streams") or []}

    def close(self):
        self.wait(self.nc.close())


class RabbitMQ:
    def __init__(self, c):
        self.url = c["managementUrl"]
        self.context = ssl.create_default_context(cadata=c["ca"]) if c["ca"] else None
        self.login = base64.b64encode(f"{c['username']}:{c['password']}".encode()).decode()

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}api/{path}", data=None if body is None else json.dumps(body).encode(), method=method,
                                         headers={"Authorization": f"Basic {self.login}", "Content-Type": "application/json"})
        try:
            return urllib.request.urlopen(request, context=self.context, timeout=30).read()
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}: {error} {error.read().decode()}")

    def path(self, name):
        return f"{'queues' if name.startswith('q.') else 'policies'}/shop/{name}"

    def put(self, name, value):
        if name.startswith("q."):
            self.ask("PUT", self.path(name), {"durable": True, "arguments": {"x-queue-type": "classic", "x-max-length": value}})
        else:
            self.ask("PUT", self.path(name), {"pattern": f"^{name}$", "apply-to": "queues", "priority": value, "definition": {"max-length": 1000}})

    def drop(self, name):
        self.ask("DELETE", self.path(name))

    def identity(self, name):
        return None

    def read(self):
        queues = {q["name"]: q["arguments"].get("x-max-length") for q in json.loads(self.ask("GET", "queues/shop?disable_stats=true&columns=name,arguments"))}
        return {**queues, **{p["name"]: p["priority"] for p in json.loads(self.ask("GET", "policies/shop"))}}


class Busy:
    def __init__(self, client):
        self.client, self.left, self.done, self.refused, self.stop, self.thread = client, {}, 0, [], threading.Event(), None

    def do(self, name, gone, value):
        try:
            if gone:
                self.client.drop(name)
                self.left.pop(name, None)
            if value is not None:
                self.client.put(name, value)
                if gone or name.startswith("theirs") or name.startswith("q.theirs"):
                    self.left[name] = [value, self.client.identity(name)]
                elif name in self.left:
                    self.left[name][0] = value
            self.done += 1
        except Refused as error:
            self.refused.append(str(error))

    def storm(self, seed, names):
        dice = random.Random(seed)
        while not self.stop.is_set():
            self.do(dice.choice(names), dice.random() < 0.5, dice.choice([None, 1000002, 1000009, 1000009]))

    def answer(self, request):
        if "do" in request:
            self.do(*request["do"])
        elif "storm" in request:
            self.stop.clear()
            self.thread = threading.Thread(target=self.storm, args=(request["storm"], request["names"]))
            self.thread.start()
        elif "calm" in request:
            self.stop.set()
            self.thread.join()
        for name in request.get("forget", []):
            self.left.pop(name, None)
        return {"left": self.left, "done": self.done, "refused": len(self.refused), **({"read": self.client.read()} if "read" in request else {})}


client = {"Kafka": Kafka, "Nats": Nats, "RabbitMQ": RabbitMQ}[sys.argv[1]](json.loads(sys.stdin.readline()))
busy = Busy(client)
for line in open(sys.argv[2]):
    if not line.strip():
        break
    print(json.dumps(busy.answer(json.loads(line))), flush=True)
if hasattr(client, "close"):
    client.close()
