import Synchronization

/// Where walks over rows for Maps are, so that the next page begins where the last ended. Lost with the process: a walk can begin anew.
final class ItemWalks: Sendable {
    private static let countMax = 1_000
    private let places = Mutex<[String: (count: Int, cursor: String)]>([:])

    init() {}

    func place(of name: String, at wanted: Int) -> (count: Int, cursor: String?) {
        let known = places.withLock { $0.removeValue(forKey: name) }
        guard let known, known.count <= wanted else { return (0, nil) }
        return (known.count, known.cursor)
    }

    func note(_ name: String, at count: Int, _ cursor: String) {
        places.withLock { places in
            if places.count >= Self.countMax { places.removeAll() }
            places[name] = (count, cursor)
        }
    }
}
