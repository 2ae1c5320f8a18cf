/// Names of a workbook's sheets, as Excel takes them: 1 to 31 UTF-16 units, none of `[]:*?/\`, no apostrophe at an end, none twice in any case.
/// One for a workbook.
package struct SheetNames {
    private static let unitCountMax = 31
    /// In lower case.
    private var taken: Set<String> = []

    package init() {}

    /// A name like `wanted` that no other sheet has.
    /// The second `Sales` is `Sales (2)`, cut where the number would make it too long.
    package mutating func take(_ wanted: String) -> String {
        let stem = Self.valid(wanted)
        var (name, number) = (stem, 1)
        while !taken.insert(name.lowercased()).inserted {
            number += 1
            let ending = " (\(number))"
            name = Self.cut(stem, to: Self.unitCountMax - ending.utf16.count) + ending
        }
        return name
    }

    /// What Excel refuses becomes `_`; a name that has nothing left is `Sheet`.
    private static func valid(_ wanted: String) -> String {
        var name = String(
            String.UnicodeScalarView(
                wanted.unicodeScalars.map { scalar in
                    let isBad = "[]:*?/\\".unicodeScalars.contains(scalar) || scalar.value < 0x20 || scalar.value == 0x7F
                    return isBad || scalar.value == 0xFFFE || scalar.value == 0xFFFF ? "_" : scalar
                }))
        name = trimmed(cut(trimmed(name), to: unitCountMax))
        // Excel keeps this one for itself.
        if name.lowercased() == "history" { name += "_" }
        return name.isEmpty ? "Sheet" : name
    }

    /// Without apostrophes and blanks at either end.
    private static func trimmed(_ name: String) -> String {
        var scalars = name.unicodeScalars[...]
        let isEdge: (Unicode.Scalar) -> Bool = { $0 == "'" || $0 == " " || $0 == "\u{A0}" }
        while let first = scalars.first, isEdge(first) { scalars.removeFirst() }
        while let last = scalars.last, isEdge(last) { scalars.removeLast() }
        return String(String.UnicodeScalarView(scalars))
    }

    /// The first characters that fit so many UTF-16 units; none is cut in two.
    private static func cut(_ name: String, to unitCountMax: Int) -> String {
        var kept = String.UnicodeScalarView()
        var count = 0
        for scalar in name.unicodeScalars {
            count += scalar.value > 0xFFFF ? 2 : 1
            if count > unitCountMax { break }
            kept.append(scalar)
        }
        return String(kept)
    }
}
