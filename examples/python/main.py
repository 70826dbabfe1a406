"""One round: python main.py [--packed] [TOPIC…] prints what every topic gave, or why it gave nothing, and settles it."""

import asyncio
import os
import sys

from roll import Roll


async def main(topics, packed):
    token_file = os.environ.get("ROLLCALL_TOKEN_FILE")
    token = open(token_file).read().strip() if token_file else None
    server = os.environ.get("ROLLCALL_SERVER", "127.0.0.1:7655").removeprefix("http://")
    roll = Roll(*topics, server=server, token=token, packed=packed)
    records = await roll.getmany(timeout_ms=1000)
    for topic, verdict in roll.verdicts.items():
        print(f"{topic}: {len(records.get(topic, []))} records, {verdict}")
        for record in records.get(topic, []):
            print(f"  {record}")  # the work
    await roll.commit()
    await roll.close()


words = sys.argv[1:]
asyncio.run(main([word for word in words if word != "--packed"], "--packed" in words))
