import { encode } from "uqr";

/** The longest address that is still easy to scan from a screen. */
const MAX_LENGTH = 800;
const QUIET_ZONE = 4;

/** A text as a QR code, dark on white in every colour scheme; nothing if it is too long. */
export function QrCode({ text, label }: { text: string; label: string }): React.ReactNode {
  if (text.length > MAX_LENGTH) return null;
  const { data, size } = encode(text, { border: QUIET_ZONE });
  const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={squares.join("")} fill="#000" />
    </svg>
  );
}
