package import ColumnStore

/// Whether two values are the same: numbers by their value, texts by their bytes, objects whatever the order of their members.
///
/// - Complexity: O(both values), each text and number charged by its length; recursion as deep as values may be.
package enum ValueEquality {
    /// - Throws: when the steps run out.
    package static func areEqual(_ left: JSONValue, _ right: JSONValue, _ steps: inout Steps) throws(StateError) -> Bool {
        try steps.charge()
        switch (left, right) {
        case (.null, .null): return true
        case (.boolean(let a), .boolean(let b)): return a == b
        case (.number(let a), .number(let b)):
            try steps.charge(a.utf8.count / 16 + b.utf8.count / 16)
            return a.utf8.elementsEqual(b.utf8) || ExactNumber.compare(ExactNumber(a), ExactNumber(b)) == 0
        case (.string(let a), .string(let b)):
            try steps.charge(a.utf8.count / 16)
            return a.utf8.elementsEqual(b.utf8)
        case (.array(let a), .array(let b)):
            guard a.count == b.count else { return false }
            for (x, y) in zip(a, b) where try !areEqual(x, y, &steps) { return false }
            return true
        case (.object(let a), .object(let b)):
            guard a.count == b.count else { return false }
            // Mostly in one order; names do not repeat.
            var others: [[UInt8]: JSONValue]?
            for (index, member) in a.enumerated() {
                try steps.charge(member.name.utf8.count / 16 + 1)
                if member.name.utf8.elementsEqual(b[index].name.utf8) {
                    guard try areEqual(member.value, b[index].value, &steps) else { return false }
                    continue
                }
                // In another order: made once, from there on.
                if others == nil {
                    try steps.charge(b.count)
                    others = Dictionary(b.map { (Array($0.name.utf8), $0.value) }, uniquingKeysWith: { first, _ in first })
                }
                guard let other = others?[Array(member.name.utf8)], try areEqual(member.value, other, &steps) else { return false }
            }
            return true
        default: return false
        }
    }

    /// A text that equal values have in common, for sets of them: numbers in one spelling, members by name.
    ///
    /// - Throws: when the steps run out.
    package static func key(_ value: JSONValue, _ steps: inout Steps) throws(StateError) -> [UInt8] {
        var key: [UInt8] = []
        try append(value, to: &key, &steps)
        return key
    }

    private static func append(_ value: JSONValue, to key: inout [UInt8], _ steps: inout Steps) throws(StateError) {
        try steps.charge()
        switch value {
        case .null: key.append(UInt8(ascii: "n"))
        case .boolean(let isTrue): key.append(isTrue ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .number(let text):
            let number = ExactNumber(text)
            try steps.charge(text.utf8.count)
            key += (number.isNegative ? "-" : "+").utf8
            key += number.digits.map { $0 + 0x30 }
            // Closed by a sign that no number has, so that two numbers in a row are not one longer one.
            key += "e\(number.magnitude);".utf8
        case .string(let text):
            try steps.charge(text.utf8.count)
            JSONString.append(text.utf8, to: &key)
        case .array(let elements):
            key.append(UInt8(ascii: "["))
            for element in elements { try append(element, to: &key, &steps) }
            key.append(UInt8(ascii: "]"))
        case .object(let members):
            key.append(UInt8(ascii: "{"))
            for member in members.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
                try steps.charge(member.name.utf8.count + 1)
                JSONString.append(member.name.utf8, to: &key)
                try append(member.value, to: &key, &steps)
            }
            key.append(UInt8(ascii: "}"))
        }
    }
}
