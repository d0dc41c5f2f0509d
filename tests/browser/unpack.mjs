// Unpack Chromium, its libraries and a font into the folder TMPDIR, as for Lambda, which has none of them.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

process.env.AWS_LAMBDA_JS_RUNTIME = "nodejs22.x";
const { default: chromium } = await import("@sparticuz/chromium");
await chromium.executablePath();
const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir></fontconfig>
`;
await writeFile(join(process.env.TMPDIR, "fonts", "fonts.conf"), fonts);
