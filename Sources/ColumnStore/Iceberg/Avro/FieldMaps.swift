/// A number for each of some columns, by ascending field id: a hash table for each of a million data files would be ten times as
/// large.
///
/// 1. `ids` are strictly ascending.
/// 2. `values[i]` is the number of `ids[i]`.
///
/// - Complexity: reading O(log n); writing O(1) where ids come in ascending order, else O(n).
public struct FieldCounts: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    private(set) var ids: [Int32] = []
    private(set) var values: [Int64] = []

    public init() {}

    /// - Precondition: as `FieldOrder.ascending` gives them.
    init(_ ascending: [(id: Int32, value: Int64)]) {
        ids = ascending.map(\.id)
        values = ascending.map(\.value)
    }

    public init(dictionaryLiteral elements: (Int32, Int64)...) {
        for (id, value) in elements { self[id] = value }
    }

    /// Nil where nothing is known of the column; assigning nil forgets it.
    public subscript(id: Int32) -> Int64? {
        get { FieldSearch.index(of: id, in: ids).map { values[$0] } }
        set {
            let place = FieldSearch.place(of: id, in: ids)
            if place == ids.count, let newValue {
                ids.append(id)
                values.append(newValue)
                return
            }
            let isKnown = place < ids.count && ids[place] == id
            switch (isKnown, newValue) {
            case (true, let value?): values[place] = value
            case (true, nil):
                ids.remove(at: place)
                values.remove(at: place)
            case (false, let value?):
                ids.insert(id, at: place)
                values.insert(value, at: place)
            case (false, nil): break
            }
        }
    }
}

/// A bound for each of some columns, by ascending field id, all bytes in one array.
///
/// 1. `ids` are strictly ascending.
/// 2. The bound of `ids[i]` is `bytes[ends[i - 1]..<ends[i]]`, from 0 for the first: a bound may be empty, which is not the same as none.
///
/// - Complexity: reading O(log n) and a copy of the bound; writing O(1) where ids come in ascending order, else O(all bytes).
public struct FieldBounds: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    private(set) var ids: [Int32] = []
    /// Where the bytes of each end.
    /// 32 bits suffice: an entry lies in one block, and a file is at most 1 GiB (`ManifestReader.byteCountMax`).
    private var ends: [Int32] = []
    private var bytes: [UInt8] = []

    public init() {}

    /// - Precondition: as `FieldOrder.ascending` gives them.
    init(_ ascending: [(id: Int32, value: [UInt8])]) { for (id, value) in ascending { self[id] = value } }

    public init(dictionaryLiteral elements: (Int32, [UInt8])...) {
        for (id, value) in elements { self[id] = value }
    }

    /// Nil where there is no bound; assigning nil takes it away.
    public subscript(id: Int32) -> [UInt8]? {
        get { FieldSearch.index(of: id, in: ids).map { bound(at: $0) } }
        set {
            let place = FieldSearch.place(of: id, in: ids)
            if place == ids.count, let newValue {
                ids.append(id)
                bytes.append(contentsOf: newValue)
                ends.append(Int32(bytes.count))
                return
            }
            rebuild(place, id, newValue)
        }
    }

    /// The bytes of the arrays' elements: four for an id, four for an end.
    var memoryByteCount: Int { 8 * ids.count + bytes.count }

    func bound(at index: Int) -> [UInt8] {
        Array(bytes[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])])
    }

    /// Sets, replaces or removes a bound by copying all: bounds that are added in ascending order never come here.
    private mutating func rebuild(_ place: Int, _ id: Int32, _ value: [UInt8]?) {
        let old = self
        self = FieldBounds()
        for index in old.ids.indices {
            if index == place, let value { self[id] = value }
            if old.ids[index] != id { self[old.ids[index]] = old.bound(at: index) }
        }
    }
}

/// Pairs as they stand in a file, in any order: put in order at once, since putting each in its place takes the square of their count.
///
/// - Complexity: O(n) where they ascend already, else O(n log n).
enum FieldOrder {
    /// By id; of several with one id the last.
    static func ascending<Value>(_ pairs: [(id: Int32, value: Value)]) -> [(id: Int32, value: Value)] {
        if zip(pairs, pairs.dropFirst()).allSatisfy({ $0.id < $1.id }) { return pairs }
        // Places are sorted, with the place as the second key: the last of equal ids stands last among them, and is the one kept.
        let places = pairs.indices.sorted { (pairs[$0].id, $0) < (pairs[$1].id, $1) }
        return places.indices.filter { $0 + 1 == places.count || pairs[places[$0]].id != pairs[places[$0 + 1]].id }.map { pairs[places[$0]] }
    }
}

private enum FieldSearch {
    /// The first place whose id isn't below `id`: at the end for ids that come in order.
    static func place(of id: Int32, in ids: [Int32]) -> Int {
        guard let last = ids.last, id <= last else { return ids.count }
        var low = 0
        var high = ids.count - 1
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    static func index(of id: Int32, in ids: [Int32]) -> Int? {
        let place = place(of: id, in: ids)
        return place < ids.count && ids[place] == id ? place : nil
    }
}
