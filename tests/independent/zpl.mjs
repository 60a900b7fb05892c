// Draws ZPL with zpl-renderer-js (the zebrash engine). Standard input: a JSON list of
// {zpl, png, width, height}; files, and dots. The engine thinks in dots at 8 a millimetre.
import { readFileSync, writeFileSync } from "node:fs";
import { ready } from "zpl-renderer-js";

const { api } = await ready;
for (const { zpl, png, width, height } of JSON.parse(readFileSync(0, "utf8"))) {
  const drawn = await api.zplToBase64Async(readFileSync(zpl, "utf8"), width / 8, height / 8, 8);
  writeFileSync(png, Buffer.from(drawn, "base64"));
}
process.exit(0);
