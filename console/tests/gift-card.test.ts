import { expect, it } from "vitest";
import { giftCardToken } from "../src/payment/gift-card";

const TOKEN = "gift_ABCD1234_baiblmcbacmnndhilehaoflppepbjmhlpffpbhomjioodekhofhdklbadjohgodo";

it.each(["ABCD1234-EFGH-5678-JKMN-9PQR", "abcd1234efgh5678jkmn9pqr", " ABCD 1234 EFGH 5678 JKMN 9PQR "])("makes the API's token of %s", async (code) => {
  expect(await giftCardToken(code)).toBe(TOKEN);
});

it.each(["", "ABCD1234-EFGH-5678-JKMN-9PQ", "ABCD1234-EFGH-5678-JKMN-9PQI", "ABCD1234_EFGH_5678_JKMN_9PQR", "tok_visa"])("takes %o for no code", async (code) => {
  expect(await giftCardToken(code)).toBeNull();
});
