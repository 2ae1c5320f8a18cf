// Texts from outside are compared by their bytes, or bounded before they are compared. `==`, `<`, hashes and `hasPrefix` of String ask whether texts are canonically equivalent:
// they put the combining marks behind a letter into order, which takes the square of their number. 190,000 of them, in 380 kB, take 18 seconds.

extension String {
    /// Whether both are the same bytes: names are, where equal characters may be other bytes. Most differ in their length, which is known.
    package func hasBytes(of other: String) -> Bool { utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8) }

    /// A text of anybody's where one of some known words is wanted. Of a longer one than all of them the beginning, which is none of them either.
    package init(word bytes: some Collection<UInt8>) { self.init(decoding: bytes.prefix(Self.wordByteCountMax), as: UTF8.self) }

    /// More than any known word has, names of zones and settings among them.
    package static var wordByteCountMax: Int { 256 }
}

/// Runs of combining marks: what makes a comparison of Strings costly.
package enum CombiningMarks {
    /// No script has more than thirty in a row (Unicode Standard Annex 15, 13); of so many a comparison takes about as long as of as many bytes of other text.
    package static let runMax = 256

    /// Whether more marks than `runMax` stand in a row somewhere.
    ///
    /// - Complexity: O(the bytes); what is too short to have as many is not looked at.
    package static func hasLongRun(_ text: String) -> Bool {
        // None is shorter than two bytes.
        guard text.utf8.count > 2 * runMax else { return false }
        var count = 0
        for scalar in text.unicodeScalars {
            guard scalar.value >= 0x300, isMark(scalar) else {
                count = 0
                continue
            }
            count += 1
            if count > runMax { return true }
        }
        return false
    }

    /// The same of bytes that may be no UTF-8, nearly all of which are ASCII.
    package static func hasLongRun(in bytes: some Collection<UInt8>) -> Bool {
        guard bytes.count > 2 * runMax, bytes.contains(where: { $0 >= 0xCC }) else { return false }
        return hasLongRun(String(decoding: bytes, as: UTF8.self))
    }

    /// What putting a text's marks into order takes, in steps: about a quarter of the square of each run's length.
    ///
    /// - Complexity: O(the bytes).
    package static func orderingSteps(_ bytes: some Collection<UInt8>) -> Int {
        guard bytes.contains(where: { $0 >= 0xCC }) else { return 0 }
        var steps = 0, count = 0
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            count = scalar.value >= 0x300 && isMark(scalar) ? count + 1 : 0
            // The sums of 1, 2, 3 … are halves of squares, and half of those before a mark stand behind it, at most.
            steps = steps.addingSaturating(count / 2)
        }
        return steps
    }

    /// Whether it is put into order with its neighbours. Three vowels of Tibetan have no class of their own, and stand for two that have.
    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.canonicalCombiningClass != .notReordered || [0x0F73, 0x0F75, 0x0F81].contains(scalar.value)
    }
}
