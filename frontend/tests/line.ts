/** A WebSocket that the test loses when it likes. Every one that was made is kept. */
export class Line extends EventTarget {
  static made: Line[] = [];
  constructor() {
    super();
    Line.made.push(this);
  }
  close(code: number): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}
