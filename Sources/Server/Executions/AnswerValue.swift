internal import ColumnStore
internal import Processes

/// An answer to a question as a value that an execution can keep: `{"columns":[{"name","type"}…],"rows":[[…]…],…}`.
enum AnswerValue {
    /// - Throws: `data-error` that names the column of a value that cannot be kept: JSON of SQL may nest deeper than an execution's values, and name a member twice.
    static func parse(_ text: [UInt8]) throws -> JSONValue {
        do throws(JSONSyntaxError) {
            return try JSONParser.parse(text, depthMax: ValueLimits.parsedDepthMax)
        } catch {
            // The fault's own words are of a text that nobody has sent, and may repeat a name of any length.
            let column = column(at: error.offset, of: text).map { "the column \(String($0.unicodeScalars.prefix(nameCountMax)))" } ?? "the answer"
            throw Problem(
                .dataError, "\(column) has a value that an execution cannot keep: it is nested deeper than \(ValueLimits.depthMax) with the answer around it, or names a member twice")
        }
    }

    /// Characters of a column's name, as it is shown.
    private static let nameCountMax = 100

    /// The name of the column that a byte within a row is of: cells stand behind the commas of the row's own list, the third of those that are open.
    private static func column(at offset: Int, of text: [UInt8]) -> String? {
        var (place, depth, index, isInString) = (0, 0, 0, false)
        // Of the list of columns, the first in the object.
        var first: Int?
        var last: Int?
        while place < min(offset, text.count) {
            let byte = text[place]
            if isInString {
                // It takes the byte behind it along.
                if byte == UInt8(ascii: "\\") { place += 1 } else if byte == UInt8(ascii: "\"") { isInString = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    depth += 1
                    if depth == 2, first == nil { first = place }
                    if depth == 3 { index = 0 }
                case UInt8(ascii: "]"), UInt8(ascii: "}"):
                    if depth == 2, last == nil { last = place }
                    depth -= 1
                case UInt8(ascii: ",") where depth == 3: index += 1
                default: break
                }
            }
            place += 1
        }
        guard let first, let last, let columns = (try? JSONParser.parse(Array(text[first...last])))?.array, columns.indices.contains(index) else { return nil }
        return columns[index]["name"]?.text
    }
}
