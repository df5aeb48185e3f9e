import type { ReactNode } from "react";

import { Messages } from "@/app/messages";
import "@/app/globals.css";

export const metadata = { title: "MentorHub" };

const LOCALES = ["ru", "en", "zh", "he"];

export function generateStaticParams() {
  return LOCALES.map((locale) => ({ locale }));
}

export default async function Layout({
  children,
  params: { locale },
}: {
  children: ReactNode;
  params: { locale: string };
}) {
  const messages = (await import(`@/messages/${locale}.json`)).default;
  return (
    <html lang={locale} dir={locale === "he" ? "rtl" : "ltr"}>
      <body className="bg-gray-50 p-6 text-gray-900 dark:bg-gray-900 dark:text-gray-100">
        <Messages locale={locale} messages={messages}>
          <main>
            <h1 className="sr-only">MentorHub</h1>
            {children}
          </main>
        </Messages>
      </body>
    </html>
  );
}
