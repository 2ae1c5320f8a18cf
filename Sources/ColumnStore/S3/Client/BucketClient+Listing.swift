extension BucketClient {
    /// An object as a listing shows it, its key below the endpoint's prefix.
    ///
    /// `modifiedMilliseconds` is since 1970, and 0 where the bucket gives no time that can be read.
    package struct Listed: Sendable, Equatable {
        package var key: String
        package var byteCount: Int64
        package var modifiedMilliseconds: Int64
    }

    /// Hands out every object whose key below the endpoint's prefix starts with `prefix`, a page of a thousand at a time.
    ///
    /// - Parameter pageCount: objects a page, for tests.
    /// - Throws: the error of a page, or what `body` throws.
    package func list(prefix: String, pageCount: Int = 1_000, _ body: (Listed) throws(ColumnStoreError) -> Void) throws(ColumnStoreError) {
        let root = endpoint.prefix.isEmpty ? "" : endpoint.prefix + "/"
        var token: String?
        var circle = ListingCircle()
        repeat {
            var call = BucketCall(method: .get, key: "", answerByteCountMax: 4 << 20, kind: .list)
            call.query = [("list-type", "2"), ("encoding-type", "url"), ("prefix", root + prefix), ("max-keys", String(pageCount))]
            if let token { call.query.append(("continuation-token", token)) }
            let page: Page
            do throws(BucketFailure) {
                page = try Self.page(try perform(call).body, root: root)
                if let next = page.next { try circle.take(next) }
            } catch { throw ColumnStoreError(error, key: prefix) }
            for object in page.objects where object.key.utf8.starts(with: prefix.utf8) { try body(object) }
            token = page.next
        } while token != nil
    }

    /// The first keys behind `key`, in their order.
    ///
    /// - Parameter countMax: at most 1,000, as a bucket lists in one page.
    /// - Throws: as `list`.
    package func keys(prefix: String, after key: String, countMax: Int) throws(ColumnStoreError) -> [String] {
        let root = endpoint.prefix.isEmpty ? "" : endpoint.prefix + "/"
        var call = BucketCall(method: .get, key: "", answerByteCountMax: 4 << 20, kind: .list)
        call.query = [("list-type", "2"), ("encoding-type", "url"), ("prefix", root + prefix), ("start-after", root + key), ("max-keys", String(countMax))]
        let page: Page
        do throws(BucketFailure) { page = try Self.page(try perform(call).body, root: root) } catch { throw ColumnStoreError(error, key: prefix) }
        var found = page.objects.map(\.key).filter { $0.hasPrefix(prefix) && key.utf8.lexicographicallyPrecedes($0.utf8) }
        guard found.isEmpty, page.next != nil else { return found }
        // A server that reads past `start-after` has told those before it.
        try list(prefix: prefix) { if key.utf8.lexicographicallyPrecedes($0.key.utf8) { found.append($0.key) } }
        return Array(found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(countMax))
    }

    /// Names that begin keys below the endpoint's prefix and have a slash behind them, as a directory would show them; in order.
    package func folders() throws(BucketFailure) -> [String] {
        let root = endpoint.prefix.isEmpty ? "" : endpoint.prefix + "/"
        var folders: [String] = []
        var token: String?
        var circle = ListingCircle()
        repeat {
            var call = BucketCall(method: .get, key: "", answerByteCountMax: 4 << 20, kind: .list)
            call.query = [("list-type", "2"), ("encoding-type", "url"), ("prefix", root), ("delimiter", "/")]
            if let token { call.query.append(("continuation-token", token)) }
            let page = try Self.page(try perform(call).body, root: root)
            folders += page.folders
            if let next = page.next { try circle.take(next) }
            token = page.next
        } while token != nil
        return folders
    }

    /// One answer of ListObjectsV2.
    private struct Page {
        var objects: [Listed] = []
        var folders: [String] = []
        /// With which the next page is asked for; nil on the last.
        var next: String?
    }

    /// Reads a page, distrusting it: keys that were not asked for would be taken for the store's own.
    ///
    /// - Parameter root: the endpoint's prefix with a slash, or nothing.
    private static func page(_ bytes: [UInt8], root: String) throws(BucketFailure) -> Page {
        guard let result = ServiceXML.parse(bytes), result.name == "ListBucketResult" else { throw odd("no listing") }
        let isEncoded = result.text(of: "EncodingType") == "url"
        var page = Page()
        for entry in result.children where entry.name == "CommonPrefixes" {
            guard let text = entry.text(of: "Prefix"), let whole = isEncoded ? SignatureText.percentDecoded(text) : text, let name = below(root, whole), name.utf8.last == UInt8(ascii: "/")
            else { throw odd("a listing with a folder that was not asked for") }
            page.folders.append(String(decoding: name.utf8.dropLast(), as: UTF8.self))
        }
        for entry in result.children where entry.name == "Contents" {
            guard let text = entry.text(of: "Key"), let whole = isEncoded ? SignatureText.percentDecoded(text) : text,
                let count = entry.text(of: "Size").flatMap({ Int64($0) }), count >= 0
            else { throw odd("a listing with an object that has no key or size") }
            guard let key = below(root, whole) else { throw odd("a listing with a key that was not asked for") }
            let modified = entry.text(of: "LastModified").flatMap(SigningInstant.seconds) ?? 0
            page.objects.append(
                Listed(key: key, byteCount: count, modifiedMilliseconds: modified.multipliedSaturating(by: 1_000)))
        }
        guard result.text(of: "IsTruncated") == "true" else { return page }
        guard let next = result.text(of: "NextContinuationToken"), !next.isEmpty else { throw odd("a listing that goes on nowhere") }
        page.next = next
        return page
    }

    /// What of a key stands behind the root, byte by byte: as characters a mark behind a slash would be one with it, and the rest another key.
    ///
    /// - Returns: nil for a key that does not lie there.
    private static func below(_ root: String, _ whole: String) -> String? {
        whole.utf8.starts(with: root.utf8) ? String(decoding: whole.utf8.dropFirst(root.utf8.count), as: UTF8.self) : nil
    }
}

/// Sees a listing that goes in a circle, however many pages that has, by one token that it keeps (Brent's way): the same one again would be the same pages forever.
struct ListingCircle {
    private var kept: String?
    private var count = 0
    /// With so many tokens the newest is kept instead: behind the circle's length it is within it.
    private var renewal = 1

    mutating func take(_ token: String) throws(BucketFailure) {
        guard token != kept else { throw BucketClient.odd("a listing that goes in a circle") }
        count += 1
        guard count == renewal else { return }
        (kept, renewal) = (token, renewal.addingSaturating(renewal))
    }
}
