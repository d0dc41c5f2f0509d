import type { PageName } from "../app";
import type { Route } from "../core/router";

/** The back office: every page but the till, loaded when one is opened. */
export default function Office({ page }: { page: PageName; route: Route }): React.ReactNode {
  return <h1>{page}</h1>;
}
