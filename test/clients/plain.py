"""Plain clients for tests: none of it is mqops' code, so what it reads is an independent witness.

  plain.py roundtrip KIND   < connection JSON   write and read one message, and see that no password / plaintext is refused
  plain.py witness KIND LOG < connection JSON   write numbered, hashed messages until stdin closes; each acknowledgement fsynced to LOG
  plain.py read KIND LOG    < connection JSON   read everything back; exit 1 and say which acknowledged messages are missing
  plain.py fill KIND COUNT SIZE < connection JSON   write COUNT messages of SIZE bytes, numbered from 1000000
  plain.py digest KIND SIZE < connection JSON   count and hash of all messages of at least SIZE bytes; where their replicas are (Kafka)
  plain.py hold KIND        < connection JSON   one connection until stdin closes; says what becomes of it, a line each (NATS)
  plain.py hold Kafka       the same as a member of the group, by the protocol that is named: says "joined" when it has partitions
  plain.py stamp Kafka      write `each` records into each partition, one a second from `from` (ms) on, in their timestamps
  plain.py commit Kafka     commit `offsets` (partition -> offset) for the group, as nobody's member
  plain.py refused KIND     < connection JSON   try to come in: true when that is refused (NATS)
  plain.py spoil KIND       < connection JSON   delete one message or all: the control run, after which `read` must fail
  plain.py inside KIND      < connection JSON   print what is in the cluster, as the broker tells it (Kafka, NATS)

Connection JSON: what `mqops connect NAME --show-secrets -o json` prints, plus {"resource": …}: a topic (and group), a subject
and stream, or a vhost and queue.
"""
import asyncio, hashlib, json, os, ssl, sys, threading, time


def message(number, size=200):
    body = f"{number}:{'x' * size}"
    return f"{number} {hashlib.sha256(body.encode()).hexdigest()} {body}".encode()


def check(data):
    number, digest, body = data.decode().split(" ", 2)
    if hashlib.sha256(body.encode()).hexdigest() != digest:
        raise SystemExit(f"message {number} was altered")
    return int(number)


class Log:
    def __init__(self, path):
        self.file = open(path, "a")

    def acknowledged(self, number):
        self.file.write(f"{number} {time.time():.3f}\n")
        self.file.flush()
        os.fsync(self.file.fileno())


class Kafka:
    def __init__(self, c):
        self.c = c
        self.topic = c["resource"]["topic"]
        self.conf = {"bootstrap.servers": ",".join(c["endpoints"]), "security.protocol": "SASL_SSL" if c["ca"] else "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512",
                     "sasl.username": c["username"], "sasl.password": c["password"], "log_level": 0, **({"ssl.ca.pem": c["ca"]} if c["ca"] else {})}

    def refused(self, change):
        from confluent_kafka.admin import AdminClient
        conf = {**self.conf, **change}
        for key in [k for k, v in conf.items() if v is None]:
            del conf[key]
        try:
            AdminClient(conf).list_topics(timeout=4)
            return False
        except Exception:
            return True

    def refusals(self):
        return {"wrong password": self.refused({"sasl.password": "wrong"}), "plaintext": self.refused({"security.protocol": "PLAINTEXT", "sasl.mechanism": None, "sasl.username": None, "sasl.password": None, "ssl.ca.pem": None})}

    def fill(self, count, size):
        from confluent_kafka import Producer
        producer = Producer({**self.conf, "acks": "all", "enable.idempotence": True})
        for n in range(1000000, 1000000 + count):
            producer.produce(self.topic, message(n, size), key=str(n))
        if producer.flush(60):
            raise SystemExit("not all were acknowledged")

    def replicas(self):
        from confluent_kafka.admin import AdminClient
        partitions = AdminClient(self.conf).list_topics(self.topic, timeout=30).topics[self.topic].partitions
        return [partitions[p].replicas for p in sorted(partitions)]

    def write(self, numbers, log, failed):
        from confluent_kafka import Producer
        producer = Producer({**self.conf, "acks": "all", "enable.idempotence": True, "linger.ms": 0, "message.timeout.ms": 120000})
        for n in numbers:
            done = {}
            def delivered(error, _message, done=done):
                done["error"] = error
            producer.produce(self.topic, message(n), key=str(n), callback=delivered)
            while "error" not in done:
                producer.poll(0.1)
            failed(n, done["error"]) if done["error"] else log.acknowledged(n)

    def read(self):
        from confluent_kafka import Consumer, TopicPartition
        consumer = Consumer({**self.conf, "group.id": f"witness-{os.getpid()}-{time.time()}", "auto.offset.reset": "earliest", "enable.auto.commit": False})
        partitions = consumer.list_topics(self.topic, timeout=30).topics[self.topic].partitions
        left, starts = {}, []
        for p in partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(self.topic, p), timeout=30)
            if high > low:
                left[p] = high
                starts.append(TopicPartition(self.topic, p, low))
        consumer.assign(starts)
        out = []
        while left:
            m = consumer.poll(30)
            if m is None:
                raise SystemExit("nothing came for 30 s")
            if m.error():
                continue
            out.append(m.value())
            if m.offset() + 1 >= left.get(m.partition(), 0):
                left.pop(m.partition(), None)
        consumer.close()
        return out

    def spoil(self):
        from confluent_kafka import TopicPartition
        from confluent_kafka.admin import AdminClient
        admin = AdminClient(self.conf)
        for p in admin.list_topics(self.topic, timeout=30).topics[self.topic].partitions:
            for f in admin.delete_records([TopicPartition(self.topic, p, 1)]).values():
                try:
                    f.result()
                    return
                except Exception:
                    pass  # an empty partition: try the next
        raise SystemExit("nothing to delete")

    def stamp(self):
        from confluent_kafka import Producer
        r = self.c["resource"]
        failed = []
        producer = Producer({**self.conf, "acks": "all"})
        for p in range(r["partitions"]):
            for i in range(r["each"]):
                producer.produce(self.topic, message(i), key=str(i), partition=p, timestamp=r["from"] + i * 1000, callback=lambda e, _m: e and failed.append(str(e)))
        producer.flush(60)
        if failed:
            raise SystemExit(failed[0])

    def commit(self):
        from confluent_kafka import Consumer, TopicPartition
        consumer = Consumer({**self.conf, "group.id": self.c["resource"]["group"], "enable.auto.commit": False})
        consumer.commit(offsets=[TopicPartition(self.topic, int(p), o) for p, o in self.c["resource"]["offsets"].items()], asynchronous=False)
        consumer.close()

    def hold(self, stop):
        from confluent_kafka import Consumer
        r = self.c["resource"]
        consumer = Consumer({**self.conf, "group.id": r["group"], "client.id": "plain-member", "group.protocol": r.get("protocol", "classic"), "auto.offset.reset": "latest", "enable.auto.commit": False})
        consumer.subscribe([self.topic], on_assign=lambda _c, _p: print("joined", flush=True))
        while not stop.is_set():
            consumer.poll(0.1)
        consumer.close()
        print("left", flush=True)
    def inside(self):
        from confluent_kafka.admin import AclBindingFilter, AclOperation, AclPermissionType, AdminClient, ConfigResource, ResourcePatternType, ResourceType
        admin = AdminClient(self.conf)
        topics = {name: t for name, t in admin.list_topics(timeout=30).topics.items() if not name.startswith("__")}
        described = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, name) for name in topics]) if topics else {}
        own = {r.name: {e.name: e.value for e in f.result().values() if e.source == 1} for r, f in described.items()}  # 1: of the topic itself
        rules = admin.describe_acls(AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY)).result()
        return {
            "topics": {name: {"partitions": len(t.partitions), "replicas": len(t.partitions[0].replicas), "config": own[name]} for name, t in topics.items()},
            "users": sorted(admin.describe_user_scram_credentials().result()),
            "rules": sorted(" ".join([r.principal, r.restype.name, r.resource_pattern_type.name, r.name, r.permission_type.name, r.operation.name, r.host]) for r in rules),
        }


class Nats:
    def __init__(self, c):
        self.c = c
        self.tls = ssl.create_default_context(cadata=c["ca"]) if c["ca"] else None
        self.servers = [("tls://" if c["ca"] else "nats://") + e for e in c["endpoints"]]

    async def connect(self, **change):
        import nats
        async def quiet(_): pass
        options = {"servers": self.servers, "user": self.c["username"], "password": self.c["password"], "tls": self.tls, "connect_timeout": 5, "max_reconnect_attempts": -1, "reconnect_time_wait": 0.2, "error_cb": quiet, **change}
        return await nats.connect(**{k: v for k, v in options.items() if v is not None})

    def refused(self, **change):
        async def attempt():
            try:
                nc = await asyncio.wait_for(self.connect(max_reconnect_attempts=1, allow_reconnect=False, **change), 6)
                await nc.flush(5)  # the library takes a connection that is cut at once, before it has read why, for one that works
                await nc.close()
                return False
            except Exception:
                return True
        return asyncio.run(attempt())

    def inside(self):
        async def go():
            nc = await self.connect()
            js = nc.jetstream(timeout=10)
            out = {}
            for name in [s.config.name for s in await js.streams_info()]:
                answer = json.loads((await nc.request(f"$JS.API.STREAM.INFO.{name}", b"", timeout=10)).data)
                consumers = json.loads((await nc.request(f"$JS.API.CONSUMER.LIST.{name}", b"", timeout=10)).data)["consumers"]
                out[name] = {"config": answer["config"], "consumers": {c["name"]: c["config"] for c in consumers}}
            await nc.close()
            return out
        return asyncio.run(go())

    def refusals(self):
        import nats  # noqa: F401
        return {"wrong password": self.refused(password="wrong"), "plaintext": plaintext_nats(self.c)}

    def write(self, numbers, log, failed):
        async def go():
            nc = await self.connect()
            js = nc.jetstream(timeout=1)  # an answer that a stopped member took with it never comes
            for n in numbers:
                for attempt in range(300):
                    try:
                        await js.publish(self.c["resource"]["subject"], message(n), headers={"Nats-Msg-Id": str(n)})
                        log.acknowledged(n)
                        break
                    except Exception as error:  # a member restarts: the same id again, so nothing is stored twice
                        last = error
                        await asyncio.sleep(0.1)
                else:
                    failed(n, last)
            await nc.close()
        asyncio.run(go())

    def read(self):
        async def go():
            nc = await self.connect()
            js = nc.jetstream(timeout=10)
            total = (await js.stream_info(self.c["resource"]["stream"])).state.messages
            sub = await js.subscribe(self.c["resource"]["subject"], stream=self.c["resource"]["stream"], ordered_consumer=True)
            out = [(await sub.next_msg(timeout=30)).data for _ in range(total)]
            await nc.close()
            return out
        return asyncio.run(go())

    def spoil(self):
        async def go():
            nc = await self.connect()
            js = nc.jetstream(timeout=10)
            info = await js.stream_info(self.c["resource"]["stream"])
            await js.delete_msg(self.c["resource"]["stream"], info.state.first_seq)
            await nc.close()
        asyncio.run(go())


    def hold(self, stop):
        async def go():
            over = asyncio.Event()  # the library calls a connection closed some awaits before it says so
            async def closed():
                print("closed", flush=True)
                over.set()
            nc = await self.connect(allow_reconnect=False, closed_cb=closed)
            print("connected", flush=True)
            while not stop.is_set() and not over.is_set():
                await asyncio.sleep(0.05)
            print("end", flush=True)
            if not nc.is_closed:
                await nc.close()
        asyncio.run(go())


def plaintext_nats(c):
    """Speaks the protocol without TLS: refused means that no PONG comes."""
    import socket
    host, port = c["endpoints"][0].rsplit(":", 1)
    s = socket.create_connection((host, int(port)), timeout=5)
    try:
        s.recv(4096)
        s.sendall(f'CONNECT {{"user":"{c["username"]}","pass":"{c["password"]}","verbose":false}}\r\nPING\r\n'.encode())
        data = b""
        while b"PONG" not in data:
            more = s.recv(4096)
            if not more:
                return True
            data += more
        return False
    except OSError:
        return True
    finally:
        s.close()


class Rabbit:
    def __init__(self, c):
        self.c = c

    def connect(self, endpoint=None, password=None, tls=True):
        import pika
        host, port = (endpoint or self.c["endpoints"][0]).rsplit(":", 1)
        options = pika.SSLOptions(ssl.create_default_context(cadata=self.c["ca"]), host) if self.c["ca"] and tls else None
        return pika.BlockingConnection(pika.ConnectionParameters(host, int(port), self.c["resource"]["vhost"], pika.PlainCredentials(self.c["username"], password or self.c["password"]),
                                                                 ssl_options=options, socket_timeout=5, blocked_connection_timeout=20, stack_timeout=8))

    def any(self):
        last = None
        for _ in range(200):
            for endpoint in self.c["endpoints"]:
                try:
                    return self.connect(endpoint)
                except Exception as error:
                    last = error
            time.sleep(0.1)
        raise SystemExit(f"no member takes connections: {last!r}")

    def refused(self, **change):
        try:
            self.connect(**change).close()
            return False
        except Exception:
            return True

    def refusals(self):
        return {"wrong password": self.refused(password="wrong"), "plaintext": self.refused(tls=False)}

    def write(self, numbers, log, failed):
        import pika
        connection = channel = None
        for n in numbers:
            for _ in range(600):
                try:
                    if connection is None:
                        connection = self.any()
                        channel = connection.channel()
                        channel.confirm_delivery()
                    channel.basic_publish("", self.c["resource"]["queue"], message(n), pika.BasicProperties(delivery_mode=2), mandatory=True)
                    log.acknowledged(n)
                    break
                except Exception as error:
                    last = error
                    connection = None
                    time.sleep(0.05)
            else:
                failed(n, last)

    def read(self):
        connection = self.any()
        channel = connection.channel()
        channel.basic_qos(prefetch_count=65535)
        total = channel.queue_declare(self.c["resource"]["queue"], passive=True).method.message_count
        out = []
        for method, _properties, body in channel.consume(self.c["resource"]["queue"], inactivity_timeout=30):
            if method is None:
                raise SystemExit(f"nothing came for 30 s after {len(out)} of {total}")
            out.append(body)
            if len(out) >= total:
                break
        connection.close()  # nothing was acknowledged: all stays in the queue
        return out

    def spoil(self):
        connection = self.any()
        channel = connection.channel()
        method, _p, _b = channel.basic_get(self.c["resource"]["queue"])
        channel.basic_ack(method.delivery_tag)
        connection.close()


KINDS = {"Kafka": Kafka, "Nats": Nats, "RabbitMQ": Rabbit}


def main():
    verb, kind = sys.argv[1:3]
    client = KINDS[kind](json.loads(sys.stdin.readline()))
    if verb == "roundtrip":
        acknowledged = []
        class Memory:
            def acknowledged(self, n): acknowledged.append(n)
        client.write([int(time.time() * 1000)], Memory(), lambda n, e: sys.exit(f"not acknowledged: {e}"))
        got = [check(data) for data in client.read()]
        print(json.dumps({"written": acknowledged, "read": acknowledged[0] in got, "refused": client.refusals()}))
    elif verb == "witness":
        stop = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
        def numbers():
            n = 0
            while not stop.is_set():
                yield n
                n += 1
        failures = []
        print("writing", flush=True)
        client.write(numbers(), Log(sys.argv[3]), lambda n, e: failures.append(f"{n}: {e}"))
        print(json.dumps({"failed": failures}))
    elif verb == "read":
        acknowledged = {int(line.split()[0]) for line in open(sys.argv[3])}
        got = [check(data) for data in client.read()]
        missing = sorted(acknowledged - set(got))
        print(json.dumps({"acknowledged": len(acknowledged), "read": len(got), "distinct": len(set(got)), "missing": missing[:20], "lost": len(missing)}))
        sys.exit(1 if missing else 0)
    elif verb == "fill":
        client.fill(int(sys.argv[3]), int(sys.argv[4]))
    elif verb == "digest":
        got = [data for data in client.read() if len(data) >= int(sys.argv[3])]
        for data in got:
            check(data)
        print(json.dumps({"count": len(got), "sha256": hashlib.sha256(b"".join(sorted(got))).hexdigest(), "replicas": client.replicas()}))
    elif verb == "hold":
        stop = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
        client.hold(stop)
    elif verb == "refused":
        print(json.dumps(client.refused()))
    elif verb == "spoil":
        client.spoil()
    elif verb == "stamp":
        client.stamp()
    elif verb == "commit":
        client.commit()
    elif verb == "inside":
        print(json.dumps(client.inside()))


main()
