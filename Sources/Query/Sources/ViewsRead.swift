package import ColumnStore
import Synchronization

/// A catalog that notes which views of somebody's own a statement reads, so that a later one can tell whether they are the same still.
///
/// For one statement. Views that the catalog makes by itself are not noted: they follow what they are over, and `definition(ofView:)` has none of them. What looks
/// at every entry, as information_schema does, reads every view.
package final class ViewsRead: QueryCatalog {
    private let base: any QueryCatalog
    /// Name and text of each, as bytes: other bytes of the same letters are another text.
    private let seen = Mutex<Set<[UInt8]>>([])
    private static let codeByteCount = 8

    package init(_ base: any QueryCatalog) { self.base = base }

    /// Tells the views that were read so far, with their texts, from others: eight bytes of a SHA-256. Nil where none was read.
    package var code: [UInt8]? {
        let views = seen.withLock { $0 }
        if views.isEmpty { return nil }
        let bytes = views.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 }
        return Array(SHA256.hash(bytes).prefix(Self.codeByteCount))
    }

    package func entry(named name: String) throws -> CatalogEntry? {
        let entry = try base.entry(named: name)
        if case .view? = entry, let text = base.definition(ofView: name) {
            // Lengths first: no two views have the bytes of two others.
            let view = Array("\(name.utf8.count) \(text.utf8.count) \(name)\(text)".utf8)
            seen.withLock { _ = $0.insert(view) }
        }
        return entry
    }

    package var entryNames: [String] { base.entryNames }
    package var dialect: (any CatalogDialect)? { base.dialect }
    package func rollups(of table: String) -> [RollupOffer] { base.rollups(of: table) }
    package var schemas: [CatalogSchema] { base.schemas }
    package func entry(named name: String, inSchema schema: String) throws -> CatalogEntry? { try base.entry(named: name, inSchema: schema) }
    package func rollupBase(of table: String) -> RollupBase? { base.rollupBase(of: table) }
    package func comments(on name: String) -> RelationComments? { base.comments(on: name) }
    package func comments(on name: String, inSchema schema: String) -> RelationComments? { base.comments(on: name, inSchema: schema) }
    package func storedColumns(ofView name: String) -> [Field]? { base.storedColumns(ofView: name) }
    package func definition(ofView name: String) -> String? { base.definition(ofView: name) }
    package var xpath: (any XPathReading)? { base.xpath }
    package var spillOwner: String? { base.spillOwner }
}
