import ColumnStore

/// The groups of a grouping without states, once they are many: one key is numbered by itself, the others together, and a pair of numbers is a bit.
///
/// `AggregateWorker` turns to it when a table of groups has filled; what it counts comes out by pieces, each a batch. For
/// the keys (month, customer) of which customer has more values:
///
///     rights: customers by number      lefts: months by number      pairs: (month's number, customer's number), a bit each
///
/// Invariant: every number in `pairs` is below `lefts.count`, or `rights.count`. One worker's own; workers are brought
/// together by `absorb`.
final class DistinctRows {
    private let types: [ColumnType]
    /// The key that is numbered by itself.
    private let right: Int
    private var lefts: GroupTable
    private var rights: KeyTable
    private var leftCache: GroupTable.Cache
    private var rightCache = DictionaryCodes()
    private var pairs = PairSet()

    /// Of a batch that is put out, about.
    private static let pieceRowCount = 4 * ColumnBatch.targetRowCount

    /// - Parameters:
    ///   - right: place of the key that has most values.
    init(types: [ColumnType], right: Int) {
        self.types = types
        self.right = right
        let others = types.indices.filter { $0 != right }.map { types[$0] }
        lefts = GroupTable(types: others, isSearched: false)
        leftCache = GroupTable.Cache(keyCount: others.count)
        rights = KeyTable(type: types[right])
    }

    /// Whether such keys can be kept so.
    /// One key alone is numbered by its table, without pairs; nested values take too much beside a bit.
    static func canHold(_ types: [ColumnType]) -> Bool { types.count > 1 && types.allSatisfy { !$0.isNested } }

    var count: Int { pairs.count }
    /// Whether its pairs lie so far apart that more of them will mostly take a page each: more pages can be than pairs have come, or will have.
    /// - Parameter pairCount: `count`, or as many as there will be at least; places are only ever added.
    func isSparse(for pairCount: Int) -> Bool { pairs.placeCount > Self.placesPerPairMax * pairCount }
    /// The same of pairs of which each few bring another number on either side, as those of customers with what they bought do: they will take as much for each as they do now, which is more
    /// than groups would. Where both numbers are as many as they will be, pages fill as pairs come.
    /// - Parameter before: `density` of the first eighth of the pairs.
    func isSparse(since before: PairSet.Density) -> Bool { pairs.isSparse(since: before) }
    var density: PairSet.Density { pairs.density }
    /// Months with customers have a third of a place for each of the first pairs, stores with customers some.
    private static let placesPerPairMax = 2
    /// With the keys as columns, which they are put out from.
    var byteCount: Int {
        lefts.byteCount + lefts.exportByteCount + leftCache.byteCount + rights.byteCount + rights.count * 16 + rightCache.byteCount + pairs.byteCount
    }

    /// Takes in rows, if the memory is there for them.
    ///
    /// - Parameter hold: asks for as many bytes in all.
    /// - Returns: false where they do not fit, or lie so far apart that groups take less: none of them is taken then.
    func take(_ keys: [Column], count: Int, hold: (Int) -> Bool) -> Bool {
        let others = keys.indices.filter { $0 != right }.map { keys[$0] }
        guard hold(byteCount + lefts.growth(by: others, count: count) + rights.growth(by: keys[right])) else { return false }
        // Numbers without pairs are no rows.
        // What fails from here on leaves numbers behind, which cost memory alone.
        let leftNumbers = lefts.assign(others, count: count, cache: &leftCache)
        let rightNumbers = rights.assign(keys[right], cache: &rightCache)
        guard let growth = pairs.growth(by: count, leftCount: lefts.count, rightCount: rights.count), hold(byteCount + growth) else { return false }
        pairs.insert(leftNumbers, rightNumbers, leftCount: lefts.count, rightCount: rights.count)
        return true
    }

    /// Takes in all that another has, which then has nothing; as `take`.
    /// - Parameter hold: as for `take`, of this one's memory.
    func absorb(_ other: DistinctRows, hold: (Int) -> Bool) -> Bool {
        // Its keys are put out, which its own count allows for, and numbered here.
        guard hold(byteCount + lefts.byteCount + rights.byteCount + 2 * (other.lefts.byteCount + other.rights.byteCount)) else { return false }
        var leftCache = GroupTable.Cache(keyCount: types.count - 1)
        var rightCache = DictionaryCodes()
        let left = lefts.assign(other.lefts.keyColumns(), count: other.lefts.count, cache: &leftCache)
        let right = rights.assign(other.rights.values(), cache: &rightCache)
        guard let growth = pairs.growth(by: other.pairs.count, leftCount: lefts.count, rightCount: rights.count), hold(byteCount + growth) else { return false }
        pairs.insert(other.pairs, lefts: left, rights: right, leftCount: lefts.count, rightCount: rights.count)
        return true
    }

    /// All rows, to be put out by pieces; nothing may be taken in meanwhile.
    func output() -> Output {
        Output(pairs: pairs, keys: [rights.values()] + lefts.keyColumns(), right: right, pieces: pairs.pieces(pairCount: Self.pieceRowCount))
    }

    /// What is put out, for several workers: each takes pieces of its own.
    struct Output: Sendable {
        private let pairs: PairSet
        /// By the right number, then those by the left.
        private let keys: [Entries]
        private let right: Int
        /// Ranges of places in `pairs`, some `pieceRowCount` rows each.
        let pieces: [Range<Int>]

        fileprivate init(pairs: PairSet, keys: [Column], right: Int, pieces: [Range<Int>]) {
            (self.pairs, self.right, self.pieces) = (pairs, right, pieces)
            self.keys = keys.map { Entries($0) }
        }

        /// The rows of one piece.
        func batch(_ piece: Range<Int>) -> ColumnBatch {
            let (left, right) = pairs.pairs(piece)
            var columns = keys[1...].map { $0.column(left) }
            columns.insert(keys[0].column(right), at: self.right)
            return ColumnBatch(rowCount: left.count, columns: columns)
        }
    }

    /// A key's values by their numbers. Texts are not copied for each row.
    private struct Entries: Sendable {
        private let values: Column
        private let dictionary: DictionaryValues?

        init(_ values: Column) {
            self.values = values
            dictionary = values.type.isBytes && values.constantValue == nil ? DictionaryValues(values: Column(type: values.type, count: values.count, values: values.values)) : nil
        }

        func column(_ codes: [UInt32]) -> Column {
            // The key's distinct texts become the dictionary, numbers are its codes.
            guard let dictionary else { return values.gathering(codes.map { Int32(bitPattern: $0) }) }
            var validity: Bitmap?
            if let present = values.rowValidity, !present.isAllSet {
                var bits = Bitmap(repeating: true, count: codes.count)
                for row in codes.indices where !present[Int(codes[row])] { bits[row] = false }
                validity = bits.isAllSet ? nil : bits
            }
            return Column(type: values.type, count: codes.count, validity: validity, values: .dictionary(codes: codes, dictionary))
        }
    }
}
