/** What every page needs: the deployment, the signed-in person, and the API. */

import { createContext, useContext } from "react";
import type { Api } from "./api";
import type { Config } from "./config";
import type { Person } from "./session";

export interface Shop {
  config: Config;
  person: Person;
  api: Api;
}

export const ShopContext = createContext<Shop | null>(null);

export function useShop(): Shop {
  const shop = useContext(ShopContext);
  if (shop === null) throw new Error("useShop needs a ShopContext");
  return shop;
}

/** Whether a person may allow what a cashier may not. */
export function isManager({ groups }: Person): boolean {
  return groups.includes("manager") || groups.includes("operator");
}
