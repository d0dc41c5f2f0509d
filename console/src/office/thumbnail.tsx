import { useState } from "react";

/** A thumbnail; the tiny picture of the list in place of one that cannot be loaded. */
export function Thumbnail({ url, placeholder = "", name }: { url: string; placeholder?: string; name: string }): React.ReactNode {
  const [isBroken, setBroken] = useState(false);
  const source = isBroken && placeholder !== "" ? placeholder : url;
  return <img className="thumbnail" src={source} alt={name} loading="lazy" onError={() => setBroken(true)} />;
}
