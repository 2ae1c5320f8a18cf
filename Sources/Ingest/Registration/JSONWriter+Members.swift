internal import ColumnStore

/// JSON of our own making in the shape of its source: calls to others, and what histories hold.
extension JSONWriter {
    /// An object whose members `body` writes.
    mutating func object(_ body: (inout JSONWriter) -> Void) {
        beginObject()
        body(&self)
        endObject()
    }

    /// An array of objects.
    mutating func array<Element>(_ elements: [Element], _ body: (inout JSONWriter, Element) -> Void) {
        beginArray()
        for element in elements { object { body(&$0, element) } }
        endArray()
    }

    mutating func array<Element>(_ name: StaticString, _ elements: [Element], _ body: (inout JSONWriter, Element) -> Void) {
        key(name)
        array(elements, body)
    }

    mutating func member(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    /// A member whose value is JSON already.
    mutating func member(_ name: StaticString, raw value: some Sequence<UInt8>) {
        key(name)
        raw(value)
    }

    /// - Parameter text: valid UTF-8.
    mutating func member(_ name: StaticString, text: ArraySlice<UInt8>) {
        key(name)
        string(utf8: text)
    }

    /// `2026-11-20T12:00:00.000000Z`, or null.
    mutating func member(_ name: StaticString, instant microseconds: Int64?) {
        key(name)
        guard let microseconds else { return null() }
        var text: [UInt8] = []
        Calendar.appendTimestamp(microseconds: microseconds, isUTC: true, to: &text)
        string(utf8: text)
    }
}
