/// The order of a list's elements, and which of those that say the same stays: `order_by` and `distinct_by`.
///
/// A stable sort over keys that are read before it: an element's path is followed once, however often it is compared.
enum ListOrder {
    /// What an element says at one path. Numbers are compared by their value, texts by their bytes; what is not there comes last.
    ///
    /// Its text points into the document or the arena, and is valid while the receipt is read.
    struct Key: Hashable {
        // Values of different kinds are ordered by kind, in this order.
        private enum Rank: UInt8 { case number, text, truth, nothing }

        private let text: ScalarText
        private let rank: Rank

        /// - Parameter isTyped: the format tells numbers from texts; else a text that spells a number is one.
        init(_ text: ScalarText, isTyped: Bool) {
            self.text = isTyped ? text : text.trimmed()
            switch text.kind {
            case .number: rank = .number
            case .string: rank = !isTyped && Self.isDecimal(self.text) ? .number : .text
            case .true, .false: rank = .truth
            case .absent, .null, .container: rank = .nothing
            }
        }

        /// XML Schema's decimal.
        ///
        /// An optional sign, digits, one mark at most: no exponent.
        private static func isDecimal(_ text: ScalarText) -> Bool {
            var digits = 0
            var marks = 0
            for (index, byte) in UnsafeBufferPointer(start: text.bytes, count: text.count).enumerated() {
                switch byte {
                case 0x30...0x39: digits += 1
                case UInt8(ascii: "."): marks += 1
                case UInt8(ascii: "-"), UInt8(ascii: "+"): if index > 0 { return false }
                default: return false
                }
            }
            return digits > 0 && marks <= 1
        }

        private var number: DecimalNumber { DecimalNumber(text.bytes, text.count) }
        private var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: text.bytes, count: text.count) }

        /// -1, 0 or 1.
        static func compare(_ left: Key, _ right: Key) -> Int {
            if left.rank != right.rank { return left.rank.rawValue < right.rank.rawValue ? -1 : 1 }
            switch left.rank {
            case .nothing: return 0
            case .number: return DecimalNumber.compare(left.number, right.number)
            case .text, .truth:
                if left.bytes.elementsEqual(right.bytes) { return 0 }
                return left.bytes.lexicographicallyPrecedes(right.bytes) ? -1 : 1
            }
        }

        static func == (left: Key, right: Key) -> Bool { compare(left, right) == 0 }

        func hash(into hasher: inout Hasher) {
            hasher.combine(rank.rawValue)
            switch rank {
            case .nothing: break
            case .number: number.hash(into: &hasher)
            case .text, .truth: for byte in bytes { hasher.combine(byte) }
            }
        }
    }

    /// The places of the elements that become rows, in their order: ordered first, as they came where the keys are the same; then the first of each stays.
    ///
    /// - Parameters:
    ///   - order: of each element its keys; empty where no order is wanted.
    ///   - distinct: as `order`.
    /// - Returns: numbers from 0 below `count`, each once at most.
    /// - Complexity: O(count log count) comparisons for an order; O(count) hashes for what is distinct.
    static func places(_ count: Int, order: [[Key]], distinct: [[Key]]) -> [Int] {
        var places = Array(0..<count)
        if order.count == count {
            places.sort { left, right in
                for (one, other) in zip(order[left], order[right]) {
                    let outcome = Key.compare(one, other)
                    if outcome != 0 { return outcome < 0 }
                }
                return left < right
            }
        }
        guard distinct.count == count else { return places }
        var seen: Set<[Key]> = []
        return places.filter { seen.insert(distinct[$0]).inserted }
    }
}
