import { expect, it } from "vitest";
import { causeText } from "../src/office/parts";

it.each([
  ['{"errorMessage": "payment declined: card_declined", "errorType": "PaymentDeclined", "stackTrace": []}', "payment declined: card_declined"],
  ["the capture was prevented", "the capture was prevented"],
  ['{"Error": "States.Timeout"}', '{"Error": "States.Timeout"}'],
  ["null", "null"],
])("shows of the cause %s what failed", (cause, text) => expect(causeText(cause)).toBe(text));
