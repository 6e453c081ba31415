/* Browsers start no worker from a page that was opened from a folder. The search runs in a hidden frame then,
   under the name by which the theme's search script asks whether it runs in one. */
(function () {
  if (location.protocol !== "file:") return;

  const QUERY = 2; // among the messages of the theme's search

  /* The index has every Chinese character as a word; of a run of them the theme would leave out the last, and take
     sections that have any. */
  function wantEachCharacter(query) {
    return query.replace(/\p{Script=Han}/gu, " +$& ").trim();
  }

  class IFrameWorker extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.appendChild(this.frame);
      const inside = this.frame.contentWindow;
      inside.document.open();
      inside.document.write("<!doctype html><html><body></body></html>");
      inside.document.close();
      inside.postMessage = (data) => {
        const event = new MessageEvent("message", { data });
        this.dispatchEvent(event);
        if (this.onmessage) this.onmessage(event);
      };
      inside.importScripts = (...urls) =>
        urls.reduce((before, one) => before.then(() => load(inside, one)), Promise.resolve());
      this.inside = inside;
      this.ready = load(inside, String(url));
    }

    postMessage(message) {
      const data = message.type === QUERY ? { ...message, data: wantEachCharacter(message.data) } : message;
      this.ready = this.ready.then(() =>
        this.inside.dispatchEvent(new MessageEvent("message", { data }))
      );
    }

    terminate() {
      this.frame.remove();
    }
  }

  function load(inside, url) {
    return new Promise((resolve, reject) => {
      const script = inside.document.createElement("script");
      script.src = url;
      script.onload = resolve;
      script.onerror = () => reject(new Error("cannot load " + url));
      inside.document.body.appendChild(script);
    });
  }

  window.IFrameWorker = IFrameWorker;
  window.Worker = IFrameWorker;
})();
