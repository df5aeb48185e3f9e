"use client";

import { NextIntlClientProvider, type AbstractIntlMessages } from "next-intl";
import type { ReactNode } from "react";

export function Messages(properties: {
  locale: string;
  messages: AbstractIntlMessages;
  children: ReactNode;
}) {
  return <NextIntlClientProvider timeZone="UTC" {...properties} />;
}
