extension Array {
    /// The same elements, those of one key together where the first of them stood: an execution that does not stay in memory is then read once for all of a commit's events.
    ///
    /// - Parameter key: nil for an element that stands alone.
    /// - Complexity: linear.
    func gathered<Key: Hashable>(by key: (Element) -> Key?) -> [Element] {
        guard count > 2 else { return self }
        var places: [Key: Int] = [:]
        var groups: [[Element]] = []
        for element in self {
            if let key = key(element) {
                if let place = places[key] {
                    groups[place].append(element)
                    continue
                }
                places[key] = groups.count
            }
            groups.append([element])
        }
        return groups.count == count ? self : groups.flatMap { $0 }
    }
}
