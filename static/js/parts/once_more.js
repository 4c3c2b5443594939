// What the server answers alike when it is asked again, because the first answer may have been lost on its way.
const ANSWER_MS = 8000; // twice within the time that one pose of a face check has
const LOST = new Set(["TypeError", "TimeoutError", "AbortError"]); // by which `fetch` says that nobody answered

export async function onceMore(ask) {
  try {
    return await ask(AbortSignal.timeout(ANSWER_MS));
  } catch (error) {
    if (!LOST.has(error.name)) throw error;
    return ask(AbortSignal.timeout(ANSWER_MS));
  }
}
