import { useState } from "react";
import { useLanguage } from "../core/i18n";
import { isCode, setPreferences } from "../core/preferences";
import { Field } from "../core/ui";

/** The location and the register of this till. */
export function PlaceFields({ location, register, isFixed }: { location: string; register: string; isFixed: boolean }): React.ReactNode {
  const { text } = useLanguage();
  return (
    <>
      <PlaceField label={text.till.location} name="location" value={location} isFixed={isFixed} />
      <PlaceField label={text.till.register} name="register" value={register} />
    </>
  );
}

interface PlaceFieldProps {
  label: string;
  name: "location" | "register";
  value: string;
  isFixed?: boolean;
}

/** What the API would refuse is marked, and is not taken over. */
function PlaceField({ label, name, value, isFixed = false }: PlaceFieldProps): React.ReactNode {
  const { text } = useLanguage();
  const [typed, setTyped] = useState(value);
  const shown = isFixed ? value : typed;
  const takeOver = (): void => {
    if (isCode(typed)) setPreferences({ [name]: typed });
  };
  return (
    <Field
      label={label}
      value={shown}
      maxLength={64}
      disabled={isFixed}
      error={isCode(shown) ? "" : text.till.codeWrong}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={takeOver}
      onKeyDown={(event) => { if (event.key === "Enter") takeOver(); }}
    />
  );
}
