"""Somebody else at work on a cluster, by clients that are none of mqops' code.

  foreign.py KIND < two lines: connection JSON, and a list of calls

Connection JSON: what `mqops connect NAME --show-secrets -o json` prints.
NATS: {"request": "STREAM.UPDATE.A", "set": {…}} of the JetStream API; with "info" the body is the configuration that the
info request tells, changed so. RabbitMQ: {"method": "PUT", "path": "queues/shop/a", "body": {…}} of the management interface.
The first call that is refused ends it with exit code 1.
"""
import asyncio, base64, json, ssl, sys, urllib.error, urllib.request


async def nats_calls(c, calls):
    import nats
    nc = await nats.connect(servers=[("tls://" if c["ca"] else "nats://") + e for e in c["endpoints"]], user=c["username"], password=c["password"],
                            tls=ssl.create_default_context(cadata=c["ca"]) if c["ca"] else None)

    async def api(subject, body=None):
        data = json.loads((await nc.request(f"$JS.API.{subject}", json.dumps(body).encode() if body else b"", timeout=10)).data)
        if "error" in data:
            raise SystemExit(f"{subject}: {data['error']}")
        return data

    for call in calls:
        body = call.get("set")
        if "info" in call:
            info = await api(call["info"])
            config = {**info["config"], **call["set"]}
            body = {"stream_name": info["stream_name"], "config": config, "action": "update"} if call["request"].startswith("CONSUMER.") else config
        await api(call["request"], body)
    await nc.close()


def rabbitmq_calls(c, calls):
    context = ssl.create_default_context(cadata=c["ca"]) if c["ca"] else None
    login = base64.b64encode(f"{c['username']}:{c['password']}".encode()).decode()
    for call in calls:
        body = json.dumps(call["body"]).encode() if "body" in call else None
        request = urllib.request.Request(f"{c['managementUrl']}api/{call['path']}", data=body, method=call["method"],
                                         headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, context=context, timeout=30).read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{call['method']} {call['path']}: {error} {error.read().decode()}")


connection, calls = json.loads(sys.stdin.readline()), json.loads(sys.stdin.readline())
if sys.argv[1] == "Nats":
    asyncio.run(nats_calls(connection, calls))
else:
    rabbitmq_calls(connection, calls)
