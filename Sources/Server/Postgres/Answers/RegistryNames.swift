internal import Query
import Synchronization

/// How numbers of `regclass` and its kin are written in one answer: each is looked up once.
final class RegistryNames: Sendable {
    private let dialect: any CatalogDialect
    private let known = Mutex<[String: [Int64: [UInt8]]]>([:])
    /// Beyond it what is known is forgotten: numbers that name nothing may be as many as rows.
    private static let countMax = 10_000

    init(_ dialect: any CatalogDialect) { self.dialect = dialect }

    func append(_ number: Int64, in registry: String, to text: inout [UInt8]) {
        text += known.withLock { known in
            if let name = known[registry]?[number] { return name }
            let name = Array((number == 0 ? "-" : dialect.name(of: number, in: registry) ?? "\(number)").utf8)
            if known[registry]?.count ?? 0 >= Self.countMax { known[registry] = [:] }
            known[registry, default: [:]][number] = name
            return name
        }
    }
}
