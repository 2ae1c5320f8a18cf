internal import Glibc

/// When two JSON values are the same, as JSON Schema has it: numbers by value, objects whatever the order, texts by code points.
///
/// `1`, `1.0` and `1e0` are one number, and `"a"` and `"\u0061"` one text (JSON Schema 2020-12, 4.2.2).
package enum JSONEquality {
    /// Charges for going through all of a value once; false when there is not enough left.
    ///
    /// Eight steps a value that it holds, and one for four bytes of text.
    static func charge(_ tape: JSONTape, _ node: Int, _ work: WorkBudget) -> Bool {
        let value = tape.nodes[node]
        return work.charge(8 * (Int(value.end) - node) + Int(value.byteCount) / 4, .schema)
    }

    /// False also where the work ends: then the document is refused for that, whatever the comparison said.
    package static func areEqual(_ left: JSONTape, _ a: Int, _ right: JSONTape, _ b: Int, _ work: WorkBudget = .unlimited) -> Bool {
        let (x, y) = (left.nodes[a], right.nodes[b])
        guard x.kind == y.kind else { return false }
        switch x.kind {
        case .null, .true, .false: return true
        case .number:
            let one = DecimalNumber(left.bytes + Int(x.offset), Int(x.byteCount))
            return DecimalNumber.compare(one, DecimalNumber(right.bytes + Int(y.offset), Int(y.byteCount))) == 0
        case .string:
            // Texts without escapes are the same where their bytes are; else both are unescaped first.
            if !x.isEscaped, !y.isEscaped {
                return x.byteCount == y.byteCount && memcmp(left.bytes + Int(x.offset), right.bytes + Int(y.offset), Int(x.byteCount)) == 0
            }
            return left.text(of: a) == right.text(of: b)
        case .array:
            guard x.childCount == y.childCount else { return false }
            var others = right.children(of: b)
            for child in left.children(of: a) {
                guard work.charge(4, .schema), let other = others.next(), areEqual(left, child, right, other, work) else { return false }
            }
            return true
        case .object:
            guard x.childCount == y.childCount, work.charge(16 * Int(x.childCount), .schema) else { return false }
            // A look through the other's members is quicker than a table of them while there are few.
            if x.childCount <= 16 {
                return left.children(of: a).allSatisfy { child in
                    let name = left.name(of: child)
                    let other = right.children(of: b).first { right.nodes[$0].nameHash == left.nodes[child].nameHash && right.name(of: $0) == name }
                    return other.map { areEqual(left, child, right, $0, work) } ?? false
                }
            }
            // By hash, so that two large objects cost no square.
            var others: [UInt32: [Int]] = [:]
            for child in right.children(of: b) { others[right.nodes[child].nameHash, default: []].append(child) }
            return left.children(of: a).allSatisfy { child in
                let name = left.name(of: child)
                let other = others[left.nodes[child].nameHash]?.first { right.name(of: $0) == name }
                return other.map { areEqual(left, child, right, $0, work) } ?? false
            }
        }
    }

    /// The first element of the array that equals an earlier one. Elements are sorted by a hash first, so that many cost no square.
    ///
    /// - Returns: the node of the first element that has an equal one before it; nil where all differ, and where the work ends.
    /// - Complexity: O(n log n) for n elements, beside the hashing of each.
    static func firstRepeated(_ tape: JSONTape, _ array: Int, _ work: WorkBudget) -> Int? {
        guard charge(tape, array, work), work.charge(16 * Int(tape.nodes[array].childCount), .schema) else { return nil }
        var items: [(hash: UInt64, node: Int)] = tape.children(of: array).map { (hash(tape, $0), $0) }
        items.sort { ($0.hash, $0.node) < ($1.hash, $1.node) }
        var repeated: Int?
        var start = 0
        while start < items.count {
            var end = start + 1
            while end < items.count, items[end].hash == items[start].hash { end += 1 }
            // All of one hash are equal but for accidents: one pair is enough of each, and its first pair has the earliest element.
            search: for later in start..<end {
                for earlier in start..<later {
                    if areEqual(tape, items[later].node, tape, items[earlier].node, work) {
                        repeated = min(repeated ?? Int.max, items[later].node)
                        break search
                    }
                    // From then on no two are equal, and all pairs of the group would be tried.
                    if work.isExhausted { return nil }
                }
            }
            start = end
        }
        return repeated
    }

    /// Equal values have equal hashes.
    /// Seeded afresh in each process, as `Hasher` is: nobody can prepare elements that all meet in one hash.
    static func hash(_ tape: JSONTape, _ node: Int) -> UInt64 {
        let value = tape.nodes[node]
        var hasher = Hasher()
        hasher.combine(value.kind.rawValue)
        switch value.kind {
        case .null, .true, .false: break
        case .number: DecimalNumber(tape.bytes + Int(value.offset), Int(value.byteCount)).hash(into: &hasher)
        case .string:
            if value.isEscaped {
                tape.text(of: node).withUnsafeBytes { hasher.combine(bytes: $0) }
            } else {
                hasher.combine(bytes: UnsafeRawBufferPointer(start: tape.bytes + Int(value.offset), count: Int(value.byteCount)))
            }
        case .array: for child in tape.children(of: node) { hasher.combine(hash(tape, child)) }
        case .object:
            // A sum of the members' hashes does not depend on their order.
            var sum: UInt64 = 0
            for child in tape.children(of: node) {
                var member = Hasher()
                tape.name(of: child).withUnsafeBytes { member.combine(bytes: $0) }
                member.combine(hash(tape, child))
                sum = sum &+ UInt64(bitPattern: Int64(member.finalize()))
            }
            hasher.combine(sum)
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
