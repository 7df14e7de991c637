"use strict";
// What the page says. The reasons of refusals are in reasons.json.
const WORDS = {
  ko: {
    other: "English", choose: "무엇을 보내 드릴까요?", when: "언제 받으시겠어요?", now: "가능한 한 빨리", later: "시간 예약",
    contact: "부를 이름 (선택)", order: "주문하기", cancel: "주문 취소", again: "새로 주문하기",
    privacy: (days) => "주문한 물건과 시간, 적어 주신 이름만 저장합니다. " + (days === null ? "이름은 직원에게 말씀하시면 지워 드립니다."
      : days < 1 ? "이름은 배달이 끝나고 하루 안에 지워집니다." : `이름은 배달이 끝나고 ${days}일 뒤에 지워집니다.`),
    hours: (text) => `운영 시간 ${text}`, closed: "지금은 이 지점에서 주문을 받지 않습니다.",
    shut: (text) => `지금은 운영 시간이 아닙니다. ${text} 사이로 예약할 수 있습니다.`,
    occupied: "지금 배달 지점에 사람이나 물건이 있습니다. 자리를 비워 주셔야 드론이 올 수 있습니다.",
    safety: "드론이 내려올 때는 그물 울타리 밖에서 기다려 주세요. 줄이나 기체를 만지지 마세요.",
    mass: (count, kg, most) => `${count}개 · ${kg} kg (한 번에 ${most} kg까지)`, none: (most) => `한 번에 ${most} kg까지 보내 드립니다`,
    heavy: "너무 무겁습니다. 조금 줄여 주세요.", never: "드론으로 나를 수 없습니다", less: (name) => `${name} 하나 빼기`, more: (name) => `${name} 하나 더하기`,
    hazards: { hot: "뜨거움", liquid: "액체", fragile: "깨지기 쉬움", lithium: "리튬 배터리", flammable: "인화성", corrosive: "부식성", toxic: "독성", explosive: "폭발성" },
    time: "받으실 시각을 골라 주세요.", past: "이미 지난 시각입니다. 더 늦은 시각을 골라 주세요.", outside: (text) => `운영 시간 ${text} 안에서 골라 주세요.`,
    number: (n) => `주문 번호 ${n}`, window: (a, b) => `${a}–${b} 도착 예정`, minutes: (m) => `약 ${m}분 남았습니다`,
    soon: "곧 도착합니다", arrived: (t) => `${t}에 전달됨`, asking: "확인하는 중…",
    resend: "연결이 끊겼습니다. 주문을 자동으로 다시 보내고 있습니다. 두 번 주문되지 않습니다.",
    offline: "연결이 끊겼습니다. 다시 연결하는 중입니다. 주문은 그대로 있습니다.", loading: "연결이 끊겼습니다. 다시 연결하는 중입니다.",
    sure: "주문을 취소할까요?", depot: "출발지", here: "받는 곳", drone: "드론",
    map: "지도: 드론과 받는 곳", away: (m) => `드론이 받는 곳에서 ${m} 떨어져 있습니다`,
    errors: { limited: "요청이 너무 많습니다. 잠시 뒤에 다시 해 주세요.", page_too_old: "페이지가 오래되었습니다. QR 코드를 다시 찍어 주세요.",
      past: "이미 지난 시각입니다. 더 늦은 시각을 골라 주세요.", unknown_point: "없는 배달 지점입니다. QR 코드를 다시 찍어 주세요.",
      gone: "고르신 물건이 목록에서 빠졌습니다. 다시 골라 주세요.", late: "이미 출발하여 취소할 수 없습니다.",
      other: "주문을 보내지 못했습니다. 다시 해 보시고, 안 되면 직원에게 알려 주세요." },
    states: { received: "확인하는 중입니다", accepted: "주문이 접수되었습니다", flying: "드론이 오고 있습니다", released: "물건을 내려놓았습니다",
      closed: "배달이 끝났습니다", refused: "지금은 배달할 수 없습니다", cancelled: "주문이 취소되었습니다", failed: "배달하지 못했습니다" },
    steps: ["접수", "비행", "도착"],
  },
  en: {
    other: "한국어", choose: "What shall we bring?", when: "When?", now: "As soon as possible", later: "At a time",
    contact: "Name to call (optional)", order: "Order", cancel: "Cancel the order", again: "Order again",
    privacy: (days) => "Only the goods, the time and the name you give are kept. " + (days === null ? "Ask the staff to have the name deleted."
      : days < 1 ? "The name is deleted within a day after the delivery." : `The name is deleted ${days} ${days === 1 ? "day" : "days"} after the delivery.`),
    hours: (text) => `Open ${text}`, closed: "This point takes no orders now.",
    shut: (text) => `This point is not open now. You can order for a time within ${text}.`,
    occupied: "People or things are at the delivery point. Please clear it, so that a drone can come.",
    safety: "Wait outside the net while the drone comes down. Do not touch the line or the drone.",
    mass: (count, kg, most) => `${count} ${count === 1 ? "item" : "items"} · ${kg} kg (${most} kg at most)`, none: (most) => `We bring ${most} kg at most`,
    heavy: "Too heavy: take something out.", never: "A drone cannot carry this", less: (name) => `One ${name} less`, more: (name) => `One ${name} more`,
    hazards: { hot: "hot", liquid: "liquid", fragile: "fragile", lithium: "lithium battery", flammable: "flammable", corrosive: "corrosive", toxic: "toxic", explosive: "explosive" },
    time: "Choose a time.", past: "That time is over. Choose a later one.", outside: (text) => `Choose a time within ${text}.`,
    number: (n) => `Order ${n}`, window: (a, b) => `There between ${a} and ${b}`, minutes: (m) => `About ${m} min to go`,
    soon: "It is about to arrive", arrived: (t) => `Handed over at ${t}`, asking: "Checking…",
    resend: "No connection. Your order is sent again by itself; it will not be ordered twice.",
    offline: "No connection; trying again. Your order stands.", loading: "No connection; trying again.",
    sure: "Cancel the order?", depot: "Depot", here: "Delivery point", drone: "Drone",
    map: "Map: the drone and the delivery point", away: (m) => `The drone is ${m} from the delivery point`,
    errors: { limited: "Too many requests. Please try again in a moment.", page_too_old: "This page is too old. Please scan the QR code again.",
      past: "That time is over. Choose a later one.", unknown_point: "There is no such delivery point. Please scan the QR code again.",
      gone: "Something you chose is no longer offered. Please choose again.", late: "It has taken off already and cannot be cancelled.",
      other: "The order could not be sent. Try again, and tell the staff if that does not help." },
    states: { received: "Checking", accepted: "Your order is accepted", flying: "The drone is on its way", released: "The goods are down",
      closed: "Delivered", refused: "We cannot deliver now", cancelled: "The order is cancelled", failed: "Not delivered" },
    steps: ["Accepted", "In the air", "Delivered"],
  },
};
const view = { language: null, point: null, reasons: {}, counts: {}, order: null, token: null, map: null, asked: 0, sending: false, said: "" };
const at = (id) => document.getElementById(id);
const say = (name, ...facts) => { const word = WORDS[view.language][name]; return typeof word === "function" ? word(...facts) : word; };
const element = (tag, text, kind) => { const made = document.createElement(tag); if (text !== undefined) made.textContent = text; if (kind) made.className = kind; return made; };
const clock = (iso) => new Date(iso).toLocaleTimeString(view.language, { hour: "2-digit", minute: "2-digit", timeZone: view.point.time_zone });

// [what is wrong, what would help] in the page's language: the words of the case, of the rule, or of the service.
function told(why) {
  const rule = why.rule || "flight", facts = why.facts || {};
  for (const name of [...(facts.case ? [`${rule}.${facts.case}`] : []), rule, `${rule}.`]) {
    const texts = view.reasons[name] && view.reasons[name][view.language];
    const filled = texts && texts.map((text) => text.replace(/\{(\w+)\}/g, (hole, fact) => (fact in facts ? String(facts[fact]) : hole)));
    if (filled && !filled.some((text) => /\{\w+\}/.test(text))) return filled;
  }
  return [why.message, why.cure || ""];
}
