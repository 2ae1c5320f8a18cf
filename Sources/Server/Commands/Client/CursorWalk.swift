internal import ColumnStore

/// A walk over the pages of a list, each of which names the next. Circles and empty pages end it, which would keep us forever; new pages with items in them are taken for as long as they come.
struct CursorWalk {
    /// In a row: a server may look through much that is not wanted before it meets what is.
    private static let emptyPageCountMax = 1_000
    /// Of the page to ask for; nil of the first.
    private var cursor: String?
    private var pageCount = 0
    private var emptyCount = 0
    /// The first, second, fourth, eighth … of the cursors: a circle of any length comes by one of them again (Brent).
    private var mark: String?

    private init() {}

    /// Asks for page after page.
    ///
    /// - Parameters:
    ///   - member: where a page has its items.
    ///   - page: gets that of a cursor, or for nil the first.
    ///   - take: false ends the walk.
    static func each(_ member: String, page: (_ cursor: String?) throws -> JSONValue, _ take: (_ items: [JSONValue]) throws -> Bool) throws {
        var walk = CursorWalk()
        var isLast = false
        repeat {
            let answer = try page(walk.cursor)
            guard case .array(let items)? = answer[member] else { throw CommandError("the server's answer has no \(member)") }
            guard try take(items) else { return }
            isLast = try !walk.goesOn(behind: answer, itemCount: items.count)
        } while !isLast
    }

    /// Takes a page's word for what follows.
    ///
    /// - Returns: whether there is another one.
    private mutating func goesOn(behind page: JSONValue, itemCount: Int) throws(CommandError) -> Bool {
        guard let next = page["next_cursor"]?.text else { return false }
        guard next != cursor, next != mark else { throw CommandError("the server leads from a page of its list back to one before it") }
        emptyCount = itemCount == 0 ? emptyCount.addingSaturating(1) : 0
        guard emptyCount < Self.emptyPageCountMax else { throw CommandError("the server gives page after page with nothing in them") }
        pageCount = pageCount.addingSaturating(1)
        if pageCount.nonzeroBitCount == 1 { mark = next }
        cursor = next
        return true
    }
}
