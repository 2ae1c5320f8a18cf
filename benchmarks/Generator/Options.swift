/// What to generate. Every figure has a default; `--help` names them.
struct Options {
    var receiptCount = 200_000
    var skip = 0
    /// How many the whole stream has, of which this is a part; nil: `receiptCount`.
    var total: Int?
    var firstDay = CivilDate.days(year: 2021, month: 1, day: 1)
    var dayCount = 5 * 365 + 1
    var clientCount = 500
    var customerCount = 170_000
    var productCount = 20_000
    var seed: UInt64 = 1
    /// Of the products, where several streams sell the same ones; nil: `seed`.
    var catalogueSeed: UInt64?
    var schema = "shop/1"
    /// Before the number in a receipt's id: streams with different ones never share an identity.
    var prefix = "R-"
    /// Each receipt names its client (for a type that maps it); without, the importer's `--client` says whose they are.
    var namesClient = true
    var shares = ReceiptMaker.Shares()

    static let help = """
        usage: till-generate [options] > receipts.ndjson
        Writes made-up sales receipts, one JSON document a line, the same ones for the same options. To a server at a given rate:
          till-generate --receipts 60000 | till-load --file - --rate 1000 --seconds 60 --port 8080 --key KEY
        and straight into a store:
          till-generate | till import --data DIR -
          --receipts N      how many (200000)
          --skip N          leave out the first N: continue a stream
          --total N         the length of the whole stream that this is a part of (--receipts)
          --from DAY        first day, yyyy-MM-dd (2021-01-01)
          --days N          days that they spread over (1826)
          --clients N       clients, sizes by Zipf's law (500)
          --customers N     returning customers (170000)
          --products N      products in the catalogue (20000)
          --seed N          (1)
          --catalogue N     seed of the products, for streams that sell the same ones (--seed)
          --schema NAME     the documents' "schema" member (shop/1)
          --prefix TEXT     of the receipts' ids (R-)
          --no-client       leave out the "client" member
          --late SHARE      receipts that arrive days after their issue (0.01)
          --repeated SHARE  receipts sent twice (0.001)
          --invalid SHARE   receipts whose lines do not add up (0.001)
        """

    /// Nil, with a reason on standard error, for options that cannot be.
    init?(_ arguments: [String], complain: (String) -> Void) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if name == "--no-client" {
                namesClient = false
                continue
            }
            guard let value = rest.popFirst() else {
                complain("\(name): a value is missing")
                return nil
            }
            guard set(name, value) else {
                complain("\(name) \(value): not an option, or not a value for it; --help names them")
                return nil
            }
        }
    }

    private mutating func set(_ name: String, _ value: String) -> Bool {
        func count(_ range: ClosedRange<Int>) -> Int? { Int(value).flatMap { range.contains($0) ? $0 : nil } }
        func share() -> Double? { Double(value).flatMap { (0...0.4).contains($0) ? $0 : nil } }
        func store<Value>(_ value: Value?, _ path: WritableKeyPath<Options, Value>) -> Bool {
            guard let value else { return false }
            self[keyPath: path] = value
            return true
        }
        switch name {
        case "--receipts": return store(count(0...1_000_000_000), \.receiptCount)
        case "--skip": return store(count(0...1_000_000_000), \.skip)
        case "--total": return store(count(0...1_000_000_000), \.total)
        case "--from": return store(Self.day(value), \.firstDay)
        case "--days": return store(count(1...36_525), \.dayCount)
        case "--clients": return store(count(1...99_999), \.clientCount)
        case "--customers": return store(count(1...9_999_999), \.customerCount)
        case "--products": return store(count(1...1_000_000), \.productCount)
        case "--seed": return store(UInt64(value), \.seed)
        case "--catalogue": return store(UInt64(value), \.catalogueSeed)
        case "--schema": return store(Self.word(value), \.schema)
        case "--prefix": return store(Self.word(value), \.prefix)
        case "--late": return store(share(), \.shares.late)
        case "--repeated": return store(share(), \.shares.repeated)
        case "--invalid": return store(share(), \.shares.invalid)
        default: return false
        }
    }

    /// Text that needs no escape in JSON.
    private static func word(_ text: String) -> String? { text.utf8.allSatisfy { $0 > 32 && $0 != 34 && $0 != 92 } ? text : nil }

    private static func day(_ text: String) -> Int? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2], (1970...2200).contains(year),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        return CivilDate.days(year: year, month: month, day: day)
    }
}
