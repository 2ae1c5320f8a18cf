/// Finds the name that was probably meant.
package enum NameSuggestion {
    /// Longer names are not compared: the distance costs their product.
    private static let lengthMax = 64

    /// The nearest candidate within a third of the name's length (at least one edit), or nil.
    ///
    /// Case does not count. Of candidates at the same distance the first by its name, so that a message is the same each time.
    ///
    /// - Complexity: for each candidate the product of both lengths, of 64 bytes at most.
    package static func closest(to name: String, among candidates: some Sequence<String>) -> String? {
        let target = Array(name.lowercased().utf8)
        guard (1...lengthMax).contains(target.count) else { return nil }
        let distanceMax = max(1, target.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let other = Array(candidate.lowercased().utf8)
            guard other.count <= lengthMax, abs(other.count - target.count) <= distanceMax else { continue }
            let distance = editDistance(target, other)
            // A distance of the whole length would mean that every letter is another.
            guard distance <= distanceMax, distance < target.count else { continue }
            if best.map({ distance < $0.distance || (distance == $0.distance && candidate < $0.name) }) ?? true {
                best = (candidate, distance)
            }
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    ///
    /// Three rows of the table of distances are kept: a swap looks two rows back.
    static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        var row = last
        for i in 0..<a.count {
            row[0] = i + 1
            for j in 0..<b.count {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row[j + 1] = cost
            }
            (beforeLast, last, row) = (last, row, beforeLast)
        }
        return last[b.count]
    }
}
