import Documents
package import Query

/// Figures of the server that the catalog keeps.
extension Engine: FigureKeeping {
    package func keep(figures: [UInt8], as name: String) throws { try catalog.keep(figures: figures, as: name) }
    package func keptFigures(_ name: String) throws -> [UInt8]? { try catalog.bytes("figures_" + name) }
}

/// What clients have used.
extension Engine: UsageKeeping {
    package var usageMeter: UsageMeter { usage.meter }

    /// Writes down what was counted, if that is due. To be called every few seconds.
    package func lookAfterUsage() throws { try usage.look() }

    /// - Parameters:
    ///   - from: days since 1970, inclusive; nil: from the first on.
    ///   - to: exclusive; nil: up to the last.
    /// - Throws: wrong-client, not-found for one that never was.
    package func usage(of clientID: String, from: Int32?, to: Int32?, byMonth: Bool, as principal: Principal, unless cancellation: Cancellation) throws -> [UsageSpan] {
        let client = ClientID(clientID)
        guard principal.isAdmin || principal.identity == .contract(client) else { throw Self.usageOfOthers }
        let (first, end) = (from ?? .min, to ?? .max)
        let spans = first < end ? try usage.spans(of: client, first...(end - 1), byMonth: byMonth, unless: cancellation) : []
        if spans.isEmpty, catalog.contract(clientID) == nil { throw Fault(.notFound, "the client \(client) has no contract") }
        return spans
    }

    package func usageClients(as principal: Principal, unless cancellation: Cancellation) throws -> [String] {
        guard principal.isAdmin else { throw Self.usageOfOthers }
        return try usage.clients(unless: cancellation).map(\.text)
    }

    package func dailyUsage(of clientIDs: [String], as principal: Principal, unless cancellation: Cancellation) throws -> [(clientID: String, span: UsageSpan)] {
        guard principal.isAdmin || clientIDs.map({ Identity.contract(ClientID($0)) }) == [principal.identity] else { throw Self.usageOfOthers }
        return UsageSpan.days(of: try usage.usage(of: clientIDs.map { ClientID($0) }, .min ... .max, unless: cancellation), clientIDs)
    }

    private static var usageOfOthers: Fault { Fault(.wrongClient, "a contract sees what its own client used, and only the administrator what others did") }
}

extension Catalog {
    /// What no other file of the store depends on: no new generation.
    func keep(figures: [UInt8], as name: String) throws {
        try write(isCounted: false) { connection in
            let statement = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
            try statement.bind(1, "figures_" + name)
            try statement.bind(2, figures)
            try statement.run()
        }
    }
}
