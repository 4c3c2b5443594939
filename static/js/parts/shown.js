// What stands on the phone's screen: sentences of a trip, which nobody but who asked for them may read.
export async function closeShown(isToGo) {
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => null);
  const shown = await worker?.getNotifications?.();
  shown?.filter(isToGo).forEach((each) => each.close());
}
