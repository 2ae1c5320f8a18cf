package import ColumnStore

extension String: BodyForm {
    package static var schema: SchemaText { SchemaText("string") }
    package func write(to writer: inout JSONWriter) { writer.string(self) }
}

extension Int: BodyForm {
    package static var schema: SchemaText { SchemaText("integer") }
    package func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension Int64: BodyForm {
    package static var schema: SchemaText { SchemaText("integer") }
    package func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension Bool: BodyForm {
    package static var schema: SchemaText { SchemaText("boolean") }
    package func write(to writer: inout JSONWriter) { writer.boolean(self) }
}

/// A member that is there and may be null; one that may be left out is `MemberSink.optional`.
extension Optional: BodyForm where Wrapped: BodyForm {
    package static var schema: SchemaText { Wrapped.schema.nullable }
    package func write(to writer: inout JSONWriter) {
        if let self { self.write(to: &writer) } else { writer.null() }
    }
}

extension Array: BodyForm where Element: BodyForm {
    package static var schema: SchemaText { SchemaText("array", keywords: [("items", Element.schema.text)]) }
    package func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for element in self { element.write(to: &writer) }
        writer.endArray()
    }
}

/// A date: days since 1970.
package struct DayForm: BodyForm {
    let day: Int32
    package init(_ day: Int32) { self.day = day }
    package static var schema: SchemaText { SchemaText("string", keywords: [("format", "\"date\"")]) }
    package func write(to writer: inout JSONWriter) { writer.string(CalendarText.text(day: day)) }
}

/// An instant: microseconds since 1970.
package struct InstantForm: BodyForm {
    let instant: Int64
    package init(_ instant: Int64) { self.instant = instant }
    package static var schema: SchemaText { SchemaText("string", keywords: [("format", "\"date-time\"")]) }
    package func write(to writer: inout JSONWriter) { writer.string(CalendarText.text(instant: instant)) }
}

/// One of a closed set of words.
package struct WordForm<Word: RawRepresentable & CaseIterable>: BodyForm where Word.RawValue == String {
    let word: Word
    package init(_ word: Word) { self.word = word }
    package static var schema: SchemaText {
        SchemaText(keywords: [("enum", "[" + Word.allCases.map { SchemaText.quoted($0.rawValue) }.joined(separator: ",") + "]")])
    }
    package func write(to writer: inout JSONWriter) { writer.string(word.rawValue) }
}

/// A value that is JSON already, of the form that `Form` describes.
package struct Verbatim<Form: BodyForm>: BodyForm {
    let bytes: [UInt8]
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package static var schema: SchemaText { Form.schema }
    /// Nobody looks at the bytes again: what is no JSON breaks the answer that it stands in.
    package func write(to writer: inout JSONWriter) { writer.raw(bytes) }
}
