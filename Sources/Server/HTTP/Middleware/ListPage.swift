internal import ColumnStore
internal import Documents
internal import Ingest

/// `limit` and `cursor` of a list that is not one of receipts, and its `next_cursor`: the place of the last item, sealed.
struct ListPage {
    private static let limitMax = 10_000
    private static let limitUsual = 1_000
    static let parameters: [Operation.Parameter] = [.limit(limitMax, limitUsual), .cursor]

    let limit: Int
    private let fields: [[UInt8]]?
    private let binding: [String]
    private let call: Call

    /// What a member of most lists takes with its text, about. Lists whose members may be long ask for more as they are read.
    private static let memberByteCount = 1_024

    /// Asks for the memory of a page of short members, before it is read, unless the list asks for all that it has itself.
    ///
    /// - Parameters:
    ///   - owner: whose list it is, where the path says it: a cursor is good for that alone.
    ///   - asksAsItGrows: of which nothing is asked here: whoever reads it asks for each member before it is read.
    /// - Throws: `bad-cursor` for one that was altered, or is of another list or another asker; `overloaded`.
    init(_ call: Call, of owner: [String] = [], asksAsItGrows: Bool = false) throws {
        self.call = call
        let asked = try call.integer("limit", in: 1...Self.limitMax, default: Self.limitUsual)
        // As many as may ever be had, however many were asked for: the others are the next page's.
        limit = asksAsItGrows ? asked : max(1, min(asked, call.exchange.answerByteCountMax / Self.memberByteCount))
        if !asksAsItGrows { try call.exchange.holdAnswer(limit.multipliedSaturating(by: Self.memberByteCount)) }
        let principal = call.principal
        binding = [call.route.operation.id] + principal.binding + owner
        guard let cursor = call.parameter("cursor") else {
            fields = nil
            return
        }
        guard let fields = call.cursors.unseal(cursor, binding: binding) else { throw Self.badCursor }
        self.fields = fields
    }

    /// The place behind which the page begins; nil for the first.
    func after(fieldCount: Int) throws -> [[UInt8]]? {
        guard let fields else { return nil }
        guard fields.count == fieldCount else { throw Self.badCursor }
        return fields
    }

    /// A page of what lies in memory ends once its text has so many bytes.
    private static let textByteCountMax = 16 << 20

    /// Items of a list that lies in memory, whose texts are not there yet: as many as the limit and the bytes of their text let be, one at least. Asks for the memory
    /// of that text.
    ///
    /// - Parameters:
    ///   - items: one more than the limit where there are more.
    ///   - byteCountMax: of an item's text, at most.
    /// - Returns: `byteCount`: of their text, at most; `hasMore`: others come behind them.
    func fit<Item>(_ items: [Item], _ byteCountMax: (Item) -> Int) throws -> (shown: ArraySlice<Item>, byteCount: Int, hasMore: Bool) {
        var (place, byteCount) = (0, 64)
        let members = items.count.multipliedSaturating(by: Self.memberByteCount)
        while place < min(items.count, limit), byteCount < Self.textByteCountMax {
            let grown = byteCount.addingSaturating(byteCountMax(items[place]))
            // What may never be had with those before it is the next page's.
            if place > 0, call.exchange.isNeverHeld(grown.addingSaturating(members)) { break }
            byteCount = grown
            place += 1
        }
        try call.exchange.holdAnswer(byteCount.addingSaturating(members))
        return (items[..<place], byteCount, place < items.count)
    }

    /// What a text takes as a string of JSON, at most: one of control characters becomes six times as long.
    static func byteCountMax(_ text: String?) -> Int { (text?.utf8.count ?? 0).multipliedSaturating(by: 6).addingSaturating(4) }

    /// The cursor behind an item.
    func cursor(_ fields: [[UInt8]]) -> String { call.cursors.seal(fields, binding: binding) }

    static var badCursor: Problem { Problem(.badCursor, "this is no cursor of this list; begin again without one") }
}

/// What a page takes while it is read.
final class AnswerRoom {
    private let exchange: Exchange
    private let advice: String
    /// Members that were asked for until now, or that are known to be there.
    var memberCount = 0
    /// What was asked for last.
    fileprivate private(set) var wanted = 0

    fileprivate init(_ exchange: Exchange, _ advice: String) { (self.exchange, self.advice) = (exchange, advice) }

    /// Asks for all that the page takes, with a member more than before.
    func hold(_ byteCount: Int) throws {
        memberCount = memberCount.addingSaturating(1)
        try holdWhole(byteCount)
    }

    /// Asks for all that the page takes, with what is made of it.
    func holdWhole(_ byteCount: Int) throws {
        wanted = byteCount
        try exchange.holdWhole(byteCount, orElse: advice)
    }
}

extension Exchange {
    /// A text may have six times the bytes of what it is made of, which is there beside it.
    private static let fewerMembers = 8

    /// A page of at most `limit` members, and of as many as fit: where it takes more than may ever be had (`limits.request_memory`) it is read again with fewer, down to one.
    /// More than it has are there then, and a cursor behind its last leads to them.
    ///
    /// - Parameters:
    ///   - advice: what else can be asked for where one by itself may never be had.
    ///   - read: reads at most `limit` members, and charges their bytes to `room` before it takes them.
    /// - Throws: what `read` throws: `overloaded` where there is no room just now; `too-large` of one member.
    func asManyAsFit<Page>(_ limit: Int, orElse advice: String = Exchange.usualAdvice, _ read: (_ limit: Int, _ room: AnswerRoom) throws -> Page) throws -> Page {
        var limit = limit
        while true {
            let room = AnswerRoom(self, advice)
            do { return try read(limit, room) } catch {
                guard isNeverHeld(room.wanted), limit > 1, room.memberCount > 1 else { throw error }
                limit = max(1, min(room.memberCount, limit) / Self.fewerMembers)
            }
        }
    }
}

extension [[UInt8]] {
    /// - Precondition: `place` is within the fields, which `after(fieldCount:)` has counted.
    func text(at place: Int) -> String { String(decoding: self[place], as: UTF8.self) }
    /// - Throws: `bad-cursor` where no number stands there.
    func integer(at place: Int) throws -> Int64 {
        guard let number = Int64(text(at: place)) else { throw ListPage.badCursor }
        return number
    }
}
