import ColumnStore

/// An expression over one column. Where that column lies in a dictionary it is evaluated once for each entry that a row uses, and the
/// answers are kept for the dictionary's other batches; results that are texts come out as a dictionary again.
///
/// Invariants:
/// 1. `places`, `results`, `verdicts` are of `dictionary`; another dictionary begins anew.
/// 2. `places[c]` is a row of `results`, or `unknown`; `pending` stands there only within `learn`.
/// 3. What `results` takes is `keptByteCount`, and what `places` or `verdicts` take `tableByteCount`, kept in the meter until that asks for it (`giveUp`). BOOLEAN answers are
///    verdicts instead, a byte each.
///
/// One worker's own, as all of its evaluator.
///
/// Entries that no row of the view uses are never evaluated where that may fail: they may belong to rows that a filter left out.
///
/// Days and small integers of which a batch has few are treated alike when the expression costs much: most tables come in the order of
/// their days.
final class DictionaryNode: EvaluationNode {
    private let inner: EvaluationNode
    /// Its place in the batches; to `inner` it is column 0.
    private let column: Int
    /// Whether a few values are better found first and evaluated once.
    private let isCostly: Bool
    /// Whether an entry may be refused.
    private let canFail: Bool
    /// Answers on the texts of earlier dictionaries; nil where one costs little, or is true or false. What they take is a part of `keptByteCount`.
    private var earlier: EarlierEntries?
    private let meter: WorkMeter
    override var prefersFewRows: Bool { inner.prefersFewRows }
    override var liesReady: Bool { inner.liesReady }

    private var dictionary: DictionaryValues?
    /// By code, the row of `results`, or one of the two below.
    private var places: [Int32] = []
    private static let unknown: Int32 = -1
    private static let pending: Int32 = -2
    private var results: Column?
    /// The row of `results` that answers NULL; -1 as long as none was asked for.
    private var nullPlace: Int32 = -1
    /// By code, for answers that are true or false: one of `Verdict`.
    private var verdicts: [UInt8] = []
    /// The verdict on NULL; nil as long as there was none.
    private var ofNull: UInt8?
    /// Whether no verdict is known on entries of this dictionary.
    private var isFresh = true
    /// `results` as a dictionary, made anew when it has grown.
    private var resultDictionary: DictionaryValues?
    /// What the answers that are kept take.
    private var keptByteCount = 0
    /// What a place or a verdict for each entry takes, of a dictionary that may have as many as a join's right side has rows.
    private var tableByteCount = 0
    /// The answers take too much to be kept, or a place for each: rows are evaluated as they come, as if there were no dictionary.
    private var isTooLarge = false

    /// - Parameter isDear: whether each value costs so much that it is better looked up.
    init(_ inner: EvaluationNode, column: Int, isCostly: Bool, isDear: Bool, canFail: Bool, _ meter: WorkMeter) {
        self.inner = inner
        self.column = column
        self.isCostly = isCostly
        self.canFail = canFail
        earlier = isDear && inner.type != .boolean ? EarlierEntries() : nil
        self.meter = meter
        super.init(type: inner.type)
        meter.addCache { [weak self] in
            if let self, self.keptByteCount + self.tableByteCount > 0 { self.giveUp() }
        }
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        let input = view.column(column)
        guard case .dictionary(let codes, let dictionary) = input.values else {
            if isCostly, let few = SmallDomain(input) { return try evaluate(few, of: input) }
            return try inner.evaluate(RowView(ColumnBatch(rowCount: input.count, columns: [input])))
        }
        if self.dictionary !== dictionary { reset(dictionary) }
        if isTooLarge {
            verdicts = []
            return try evaluateEach(input)
        }
        if type == .boolean { return try booleans(codes, input.validity, dictionary, type: input.type) }
        let hadEarlier = earlier?.isOver == false
        try learn(codes, input.validity, dictionary, type: input.type)
        if isTooLarge, hadEarlier {
            // Its own answers may fit, without those of earlier ones.
            reset(dictionary)
            if !isTooLarge { try learn(codes, input.validity, dictionary, type: input.type) }
        }
        if isTooLarge { return try evaluateEach(input) }
        guard let results else { return .constant(.null, type: type, count: input.count) }
        var indices = [Int32](repeating: 0, count: codes.count)
        for row in codes.indices { indices[row] = places[Int(codes[row])] }
        if let validity = input.validity {
            for row in codes.indices where !validity[row] { indices[row] = nullPlace }
        }
        guard type.isBytes else { return try gathered(results, indices) }
        if meter.rowCount > 1 { return texts(indices, results) }
        // One row alone has a copy: the meter may ask for the dictionary while it is evaluated.
        let answer = try gathered(results, indices)
        try located(nil) { () throws(KernelError) in try meter.charge(answer.flatByteCountBound) }
        return answer
    }

    /// Row by row, with the column laid flat.
    private func evaluateEach(_ input: Column) throws(QueryError) -> Column {
        if input.count == 1 {
            // Its own entry counts, not the longest one.
            let row = input.flattened()
            try located(nil) { () throws(KernelError) in try meter.charge(row.flatByteCountBound) }
            return try inner.evaluate(RowView(ColumnBatch(rowCount: 1, columns: [row])))
        }
        try located(nil) { () throws(KernelError) in try meter.admit(input) }
        return try inner.evaluate(RowView(ColumnBatch(rowCount: input.count, columns: [input.flattened()])))
    }

    /// Answers by row. Lists are copied for each.
    private func gathered(_ answers: Column, _ rows: [Int32]) throws(QueryError) -> Column {
        let fitting = BatchBuilder(gathering: [answers], byteCountMax: meter.columnByteCountMax).end(of: rows, from: 0, to: rows.count)
        if fitting < rows.count, meter.rowCount > 1 { throw meter.tooLarge(fitting, rows.count).queryError(position: nil) }
        return answers.gathering(rows)
    }

    /// Evaluates the few values of a batch, and NULL when there is one; the answers are the entries of a dictionary.
    private func evaluate(_ few: SmallDomain, of input: Column) throws(QueryError) -> Column {
        let found = try inner.evaluate(RowView(ColumnBatch(rowCount: few.values.count, columns: [few.values])))
        try located(nil) { () throws(KernelError) in try meter.admit(found) }
        let answers = found.flattened()
        guard case .constant = answers.values else {
            let validity = answers.validity.map { $0.gathering(few.places.map { Int32(bitPattern: $0) }) }
            switch answers.values {
            case .bits, .list, .structure, .interval: return try gathered(answers, few.places.map { Int32(bitPattern: $0) })
            default: break
            }
            let entries = DictionaryValues(values: Column(type: type, count: answers.count, values: answers.values), isOwn: true)
            return Column(type: type, count: input.count, validity: validity, values: .dictionary(codes: few.places, entries))
        }
        return .constant(.null, type: type, count: input.count)
    }

    /// Begins with another dictionary.
    private func reset(_ dictionary: DictionaryValues) {
        self.dictionary = dictionary
        earlier?.begin()
        // The answers stay where those of earlier dictionaries are asked for.
        if earlier?.isOver ?? true { drop() }
        isTooLarge = false
        (places, verdicts) = ([], [])
        meter.forget(tableByteCount)
        tableByteCount = 0
        let byteCount = dictionary.count * (type == .boolean ? 1 : MemoryLayout<Int32>.stride)
        guard keeps(byteCount) else { return giveUp() }
        tableByteCount = byteCount
        if type == .boolean {
            verdicts = [UInt8](repeating: Verdict.unknown, count: dictionary.count)
            isFresh = true
            return
        }
        places = [Int32](repeating: Self.unknown, count: dictionary.count)
    }

    /// Keeps no answers on this dictionary from now on: its rows are evaluated as they come.
    private func giveUp() {
        // Verdicts may be read at this moment: they go with the next rows.
        (isTooLarge, places) = (true, [])
        meter.forgetLater(tableByteCount)
        tableByteCount = 0
        earlier?.end()
        drop()
    }

    /// Forgets the answers. Rows at hand may have been given texts of them: their memory is given back with these.
    private func drop() {
        meter.forgetLater(keptByteCount)
        keptByteCount = 0
        results = nil
        nullPlace = -1
        resultDictionary = nil
    }

    /// Evaluates the entries that rows use and that have no answer. An error leaves no entry marked: the batch may come
    /// again, fewer rows at a time.
    private func learn(_ codes: [UInt32], _ validity: Bitmap?, _ dictionary: DictionaryValues, type inputType: ColumnType) throws(QueryError) {
        var missing: [Int32] = []
        if let validity {
            // First, since it may fail: the entries that are missing are marked then.
            if nullPlace < 0, !validity.isAllSet { nullPlace = try append(.constant(.null, type: inputType, count: 1)) }
            if isTooLarge { return }
            for row in codes.indices where places[Int(codes[row])] == Self.unknown && validity[row] { note(codes[row], &missing) }
        } else {
            for row in codes.indices where places[Int(codes[row])] == Self.unknown { note(codes[row], &missing) }
        }
        guard !missing.isEmpty else { return }
        do {
            let entries = dictionary.values.retyped(inputType).gathering(missing)
            let known = try remembered(entries)
            if isTooLarge { return }
            if let known {
                for index in missing.indices { places[Int(missing[index])] = known[index] }
                return
            }
            let first = try append(entries)
            if isTooLarge { return }
            for index in missing.indices { places[Int(missing[index])] = first + Int32(index) }
        } catch {
            for code in missing where !isTooLarge { places[Int(code)] = Self.unknown }
            throw error
        }
    }

    /// The places of entries' answers, of which those on texts of earlier dictionaries are there; nil where they are not looked up.
    private func remembered(_ entries: Column) throws(QueryError) -> [Int32]? {
        // Asked in place: a copy of it would have its table copied with the next text.
        guard earlier?.isOver == false, let before = earlier?.byteCount, let growth = earlier?.growth(by: entries) else { return nil }
        guard keptByteCount + growth <= meter.columnByteCountMax, keeps(growth) else { return nil }
        keptByteCount += growth
        guard let (codes, unknown) = earlier?.look(entries) else { return nil }
        forget(before + growth - (earlier?.byteCount ?? 0))
        if unknown.isEmpty { return earlier?.learn(codes, 0, first: 0) }
        do {
            let first = try append(unknown.count == entries.count ? entries : entries.gathering(unknown))
            return isTooLarge ? nil : earlier?.learn(codes, unknown.count, first: first)
        } catch {
            // There are texts without answers.
            forget(earlier?.byteCount ?? 0)
            earlier?.clear()
            throw error
        }
    }

    /// Gives back bytes of those that are kept.
    private func forget(_ byteCount: Int) {
        meter.forget(byteCount)
        keptByteCount -= byteCount
    }

    private func note(_ code: UInt32, _ missing: inout [Int32]) {
        places[Int(code)] = Self.pending
        missing.append(Int32(bitPattern: code))
    }

    /// Evaluates values and keeps the answers: the place of the first.
    /// Where they would take too much with those that are there, or more than the query's memory has left, all are dropped and the dictionary counts as
    /// too large.
    private func append(_ input: Column) throws(QueryError) -> Int32 {
        let found = try inner.evaluate(RowView(ColumnBatch(rowCount: input.count, columns: [input])))
        try located(nil) { () throws(KernelError) in try meter.admit(found) }
        // The meter asked for the memory of those that were there.
        if isTooLarge { return 0 }
        let answers = found.flattened()
        let byteCount = answers.byteCount()
        guard keptByteCount + byteCount <= meter.columnByteCountMax, keeps(byteCount) else {
            giveUp()
            return 0
        }
        keptByteCount += byteCount
        let first = Int32(results?.count ?? 0)
        results = results.map { Column.concatenating([$0, answers], type: type) } ?? answers
        resultDictionary = nil
        return first
    }

    /// Counts answers that are to be kept; false, and nothing is counted, where they do not fit.
    private func keeps(_ byteCount: Int) -> Bool {
        do throws(KernelError) { try meter.keep(byteCount) } catch { return false }
        // Room was made for them by letting all others go.
        if isTooLarge { meter.forget(byteCount) }
        return !isTooLarge
    }

    // MARK: Answers that are true or false

    /// Bits, so that those of many rows are read together.
    private enum Verdict {
        static let no: UInt8 = 0, yes: UInt8 = 1, null: UInt8 = 2, unknown: UInt8 = 4
        /// On its way to be judged: only within `booleans`, and for whoever reads it unknown still.
        static let pending: UInt8 = unknown | 8
    }

    /// Read by code in one pass: most batches bring few new entries, which only the words of 64 rows that have them are looked through for.
    ///
    /// A word with an unknown verdict is read again once its entries are judged. Rows without a value get the verdict on
    /// NULL at the end.
    private func booleans(
        _ codes: [UInt32], _ validity: Bitmap?, _ dictionary: DictionaryValues, type inputType: ColumnType
    ) throws(QueryError) -> Column {
        let absent = validity.flatMap { $0.isAllSet ? nil : $0 }
        var reading = VerdictReading(rowCount: codes.count)
        if isFresh {
            let entries = used(codes, absent)
            if !canFail, entries.count > dictionary.count / 2, dictionary.values.flatByteCountBound <= meter.columnByteCountMax {
                // As they lie: to copy most of the texts costs more than to look at the others, which later batches will ask for.
                verdicts = try verdicts(of: dictionary.values.retyped(inputType))
            } else {
                try judge(entries, dictionary, type: inputType)
            }
            isFresh = false
        }
        reading.read(verdicts, codes)
        if !reading.unsettled.isEmpty {
            let words = reading.unsettled
            let entries = unknown(codes, absent, words)
            do { try judge(entries, dictionary, type: inputType) } catch {
                for entry in entries { verdicts[Int(entry)] = Verdict.unknown }
                throw error
            }
            reading.read(verdicts, codes, words: words)
        }
        var (bits, nulls) = (Bitmap(words: reading.yes, count: codes.count), Bitmap(words: reading.nulls, count: codes.count))
        if let absent {
            let verdict = try verdictOnNull(type: inputType)
            for row in codes.indices where !absent[row] {
                bits[row] = verdict == Verdict.yes
                nulls[row] = verdict == Verdict.null
            }
        }
        return .boolean(bits, validity: nulls.setCount > 0 ? ~nulls : nil)
    }

    /// The entries that rows use, of a dictionary of which no verdict is known.
    private func used(_ codes: [UInt32], _ absent: Bitmap?) -> [Int32] {
        var isUsed = [Bool](repeating: false, count: verdicts.count)
        if let absent {
            for row in codes.indices where absent[row] { isUsed[Int(codes[row])] = true }
        } else {
            for code in codes { isUsed[Int(code)] = true }
        }
        var entries: [Int32] = []
        for entry in isUsed.indices where isUsed[entry] { entries.append(Int32(truncatingIfNeeded: entry)) }
        return entries
    }

    /// The entries without a verdict that rows of some words of 64 use, each once, as rows come to them: they are pending from here on.
    ///
    /// Where each row has an entry of its own (a telephone number), a set of them and its order cost more than to mark them.
    private func unknown(_ codes: [UInt32], _ absent: Bitmap?, _ words: [Int]) -> [Int32] {
        var entries: [Int32] = []
        verdicts.withUnsafeMutableBufferPointer { verdicts in
            for word in words {
                for row in word << 6..<min(word << 6 + 64, codes.count) {
                    let code = Int(codes[row])
                    guard verdicts[code] == Verdict.unknown, absent?[row] ?? true else { continue }
                    verdicts[code] = Verdict.pending
                    entries.append(Int32(truncatingIfNeeded: code))
                }
            }
        }
        return entries
    }

    /// Finds the verdicts of entries.
    private func judge(_ entries: [Int32], _ dictionary: DictionaryValues, type inputType: ColumnType) throws(QueryError) {
        if entries.isEmpty { return }
        let found = try verdicts(of: dictionary.values.retyped(inputType).gathering(entries))
        for index in entries.indices { verdicts[Int(entries[index])] = found[index] }
    }

    private func verdictOnNull(type inputType: ColumnType) throws(QueryError) -> UInt8 {
        if let ofNull { return ofNull }
        let verdict = try verdicts(of: .constant(.null, type: inputType, count: 1))[0]
        ofNull = verdict
        return verdict
    }

    private func verdicts(of input: Column) throws(QueryError) -> [UInt8] {
        let answers = try inner.evaluate(RowView(ColumnBatch(rowCount: input.count, columns: [input])))
        let yes = answers.trueRows(), validity = answers.rowValidity
        return (0..<input.count).map { yes[$0] ? Verdict.yes : validity?[$0] ?? true ? Verdict.no : Verdict.null }
    }

    /// Answers of rows as they are read from the verdicts by code.
    private struct VerdictReading {
        private(set) var yes: [UInt64]
        private(set) var nulls: [UInt64]
        /// The words with rows that have no verdict.
        private(set) var unsettled: [Int] = []

        init(rowCount: Int) {
            yes = [UInt64](repeating: 0, count: (rowCount + 63) / 64)
            nulls = yes
        }

        /// - Parameter words: those to read; nil for all.
        /// - Precondition: every code is within `verdicts`, as an invariant of `Column` says.
        mutating func read(_ verdicts: [UInt8], _ codes: [UInt32], words: [Int]? = nil) {
            unsettled = []
            if let words {
                for word in words { read(verdicts, codes, word) }
            } else {
                for word in yes.indices { read(verdicts, codes, word) }
            }
        }

        /// Eight verdicts are put side by side in a word, whose bits of one kind a multiplication brings together; whether one was unknown is asked once for 64 rows.
        @inline(__always)
        private mutating func read(_ verdicts: [UInt8], _ codes: [UInt32], _ index: Int) {
            let start = index << 6
            var (yes, null, seen): (UInt64, UInt64, UInt64) = (0, 0, 0)
            verdicts.withUnsafeBufferPointer { verdicts in
                codes.withUnsafeBufferPointer { codes in
                    @inline(__always) func verdict(_ row: Int) -> UInt64 { UInt64(verdicts[Int(codes[row])]) }
                    let end = min(start + 64, codes.count)
                    var row = start
                    while row &+ 8 <= end {
                        let low = verdict(row) | verdict(row &+ 1) << 8 | verdict(row &+ 2) << 16 | verdict(row &+ 3) << 24
                        let high = verdict(row &+ 4) | verdict(row &+ 5) << 8 | verdict(row &+ 6) << 16 | verdict(row &+ 7) << 24
                        let eight = low | high << 32
                        seen |= eight
                        yes |= Self.lowestBits(eight) << UInt64(row &- start)
                        null |= Self.lowestBits(eight >> 1) << UInt64(row &- start)
                        row &+= 8
                    }
                    while row < end {
                        let one = verdict(row)
                        seen |= one
                        yes |= (one & UInt64(Verdict.yes)) << UInt64(row &- start)
                        null |= ((one & UInt64(Verdict.null)) >> 1) << UInt64(row &- start)
                        row &+= 1
                    }
                }
            }
            (self.yes[index], nulls[index]) = (yes, null)
            if seen & (UInt64(Verdict.unknown) &* 0x0101_0101_0101_0101) != 0 { unsettled.append(index) }
        }

        /// The lowest bit of each byte, the first byte's lowest. Each is brought to the top byte by a power of two of its own: byte 3's, bit 24, by 2^35 to bit 59.
        @inline(__always)
        private static func lowestBits(_ eight: UInt64) -> UInt64 {
            ((eight & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080) >> 56
        }
    }

    /// Answers that are texts, as codes into the results: no text is copied.
    private func texts(_ indices: [Int32], _ results: Column) -> Column {
        let entries: DictionaryValues
        if let resultDictionary {
            entries = resultDictionary
        } else {
            entries = DictionaryValues(values: Column(type: type, count: results.count, values: results.flattened().values), isOwn: true)
            resultDictionary = entries
        }
        let validity = results.validity.map { $0.gathering(indices) }
        return Column(
            type: type, count: indices.count, validity: validity,
            values: .dictionary(codes: indices.map { UInt32(bitPattern: $0) }, entries))
    }
}

/// The few different values of a column of days or integers that lie close together.
///
/// Tables come in the order of their days, so that an expression of a day is computed for some thirty of them and not for
/// 8,192 rows (`docs/decisions/0015-grouping.md`).
///
/// - Complexity: O(rows + span), with a span of at most a quarter of the rows.
struct SmallDomain {
    /// Each value once, ascending; NULL last, if there is one.
    let values: Column
    /// By row, its place in `values`.
    let places: [UInt32]

    /// So many rows to a value at least: else finding them costs more than it saves.
    private static let rowsPerValue = 4

    /// Nil when there are too many, or the column lies otherwise.
    init?(_ column: Column) {
        guard case .int32(let rows) = column.values, let first = rows.first else { return nil }
        var (least, greatest) = (first, first)
        for value in rows {
            least = min(least, value)
            greatest = max(greatest, value)
        }
        let (span, overflow) = greatest.subtractingReportingOverflow(least)
        guard !overflow, Int(span) < rows.count / Self.rowsPerValue else { return nil }
        // A mark for each value between the least and the greatest: first whether it is there, then its place.
        var marks = [UInt32](repeating: 0, count: Int(span) + 1)
        let validity = column.validity
        for row in rows.indices where validity?[row] ?? true { marks[Int(rows[row] &- least)] = 1 }
        var found: [Int32] = []
        for place in marks.indices where marks[place] != 0 {
            marks[place] = UInt32(found.count)
            found.append(least + Int32(place))
        }
        var places = [UInt32](repeating: 0, count: rows.count)
        // What stands under a NULL lies within the span as well: it has some place, put right below.
        for row in rows.indices { places[row] = marks[Int(rows[row] &- least)] }
        var present: Bitmap?
        if let validity, !validity.isAllSet {
            for row in rows.indices where !validity[row] { places[row] = UInt32(found.count) }
            found.append(0)
            var bits = Bitmap(repeating: true, count: found.count)
            bits[found.count - 1] = false
            present = bits
        }
        values = Column(type: column.type, count: found.count, validity: present, values: .int32(found))
        self.places = places
    }
}
