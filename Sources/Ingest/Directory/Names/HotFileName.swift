/// The name of a hot file: its UTC day, and which file of that day it is.
package enum HotFileName {
    static func text(day: Int32, part: Int) -> String { DayText.text(day) + (part > 1 ? ".\(part)" : "") }

    /// The day and part of a file's name; nil when it is none.
    static func parse(_ name: String) -> (day: Int32, part: Int)? {
        guard let day = DayText.day(name.prefix(10)) else { return nil }
        let rest = name.dropFirst(10)
        if rest.isEmpty { return (day, 1) }
        // As it is written, and no other way: another name is another file.
        guard rest.first == ".", let part = Int(rest.dropFirst()), part > 1, "\(part)" == rest.dropFirst() else { return nil }
        return (day, part)
    }
}
