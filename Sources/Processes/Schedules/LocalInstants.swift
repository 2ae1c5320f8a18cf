package import Documents

/// When a zone's clocks show a time.
package enum LocalInstants {
    /// Seconds since 1970 at which they show `local`, seconds on the wall since 1970: one, two where they are set back, none where they are set forward.
    package static func instants(ofLocal local: Int64, in zone: ZoneRules) -> [Int64] {
        guard let first = zone.instant(ofLocal: local) else { return [] }
        let after = zone.offset(at: first + 86_400)
        let second = local - Int64(after)
        return second > first && zone.offset(at: second) == after ? [first, second] : [first]
    }

    /// The instant at which the clocks jump over `local`.
    ///
    /// - Precondition: they never show it.
    package static func jump(over local: Int64, in zone: ZoneRules) -> Int64 {
        let before = Int64(zone.offset(at: local - 86_400))
        let after = Int64(zone.offset(at: local + 86_400))
        var low = local - max(before, after)
        var high = local - min(before, after)
        // The first instant at which they show more.
        while low < high {
            let middle = low + (high - low) / 2
            if middle + Int64(zone.offset(at: middle)) > local { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
