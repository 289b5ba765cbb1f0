// One question at a time where the screen is narrow. Without this file the page is one list, as on a wide screen; the
// stylesheet decides by the width which of the two it is.
(() => {
  const root = document.documentElement;
  // Before the first paint, so that the list is not seen for a blink.
  root.classList.add("turns");
  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form.questions");
    const turn = form && form.querySelector(".turn");
    if (!turn) {
      root.classList.remove("turns");
      return;
    }
    const cards = [...form.querySelectorAll("fieldset.card")];
    const [back, on] = turn.querySelectorAll("button");
    const page = form.closest("main");
    let now = 0;

    const isInTurns = () => turn.offsetParent !== null;
    const feelings = (card) => card.querySelectorAll('.feeling input:checked:not([value="0"])').length;
    const isAnswered = (card) =>
      feelings(card) > 0 ||
      [...card.querySelectorAll("input:checked, textarea")].some(
        (field) => field.value.trim() !== "" && !field.closest(".feeling"),
      );
    const name = () => {
      const card = cards[now];
      on.textContent = isAnswered(card) || card.dataset.needed ? on.dataset.next : on.dataset.skip;
    };
    const show = (place) => {
      cards[now].classList.remove("now");
      now = Math.min(Math.max(place, 0), cards.length - 1);
      cards[now].classList.add("now");
      form.classList.toggle("last", now === cards.length - 1);
      page.classList.toggle("under-way", now > 0);
      back.hidden = now === 0;
      name();
    };
    // A screen reader is put on the group and reads its number and question.
    const turnTo = (place) => {
      show(place);
      window.scrollTo(0, 0);
      cards[now].focus({ preventScroll: true });
    };
    const problem = (card) => {
      if (card.dataset.needed && !isAnswered(card)) return card.dataset.needed;
      return feelings(card) > Number(card.dataset.most || Infinity) ? card.dataset.tooMany : "";
    };
    const goOn = () => {
      const card = cards[now];
      const said = card.querySelector(".problem");
      const text = problem(card);
      if (said) said.remove();
      card.classList.toggle("wrong", text !== "");
      if (text === "") {
        // The way back of the phone leads to the question before, not out of the page.
        history.pushState({ turn: now + 1 }, "");
        turnTo(now + 1);
        return;
      }
      const note = document.createElement("p");
      note.className = "problem";
      note.setAttribute("role", "alert");
      note.textContent = text;
      card.querySelector("legend").after(note);
      card.querySelector("input, textarea").focus();
    };

    on.addEventListener("click", goOn);
    back.addEventListener("click", () => history.back());
    window.addEventListener("popstate", (event) => {
      if (event.state && "turn" in event.state) turnTo(event.state.turn);
    });
    form.addEventListener("input", name);
    // A link takes one answer, so Enter on a choice must not send a half-filled form.
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.matches("input")) return;
      event.preventDefault();
      if (isInTurns() && now < cards.length - 1) goOn();
    });
    form.addEventListener("submit", (event) => {
      if (isInTurns() && now < cards.length - 1) {
        event.preventDefault();
        goOn();
      }
    });

    const wrong = cards.findIndex((card) => card.classList.contains("wrong"));
    show(Math.max(wrong, 0));
    history.replaceState({ turn: now }, "");
  });
})();
