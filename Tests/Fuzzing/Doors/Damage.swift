/// What was done to files that lie where a disk, or somebody, may have changed them.
struct Damage {
    /// Whether all of it shows by names and lengths: nothing was changed in its place, or put under another's name.
    var showsByLength = true
    /// Files whose bytes are others now.
    var changed: Set<String> = []

    static let seeds: [[UInt8]] = (0..<60).map { number in
        let (kind, file) = (UInt8(number / 12), UInt8(number % 12))
        return [1, file, kind, 0, file * 9, 0x80, 1]
    }
}

extension LittleStore {
    /// Bytes changed, files cut, gone, doubled or taken for each other.
    @discardableResult
    mutating func damage(_ choices: inout Choices) -> Damage {
        var damage = Damage()
        for _ in 0..<1 + choices.below(3) {
            guard !files.isEmpty else { return damage }
            let index = choices.below(files.count)
            let path = files[index].path
            switch choices.byte() % 8 {
            case 0: files.remove(at: index)
            case 1:
                files[index].bytes.removeLast(min(files[index].bytes.count, choices.below(1 << 16)))
                damage.changed.insert(path)
            case 3:
                var copy = files[index]
                copy.path += choices.pick([".2", "-wal", "-journal", ".sqlite", ".parquet", "~"])
                files.append(copy)
            case let kind:
                switch kind {
                case 2: files[index].bytes = choices.bytes(choices.below(64))
                case 4: files[index].bytes = files[choices.below(files.count)].bytes
                case 5: files[index].bytes += [UInt8](repeating: choices.byte(), count: choices.below(1 << 13))
                default: for _ in 0..<1 + choices.below(8) { Self.change(&files[index].bytes, &choices) }
                }
                damage.changed.insert(path)
                damage.showsByLength = false
            }
        }
        return damage
    }

    static func change(_ bytes: inout [UInt8], _ choices: inout Choices) {
        guard !bytes.isEmpty else { return }
        let place = (choices.below(1 << 16) << 4 | choices.below(16)) % bytes.count
        switch choices.byte() % 4 {
        case 0: bytes[place] = choices.byte()
        case 1: bytes[place] ^= 1 << (choices.byte() % 8)
        case 2: for index in place..<min(bytes.count, place + choices.below(600)) { bytes[index] = 0 }
        default:
            let value = UInt64(bitPattern: choices.integer())
            for index in 0..<min(8, bytes.count - place) { bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * index)) }
        }
    }
}
