/// Contracts: what a client may do. Changes are durable before these return.
package protocol ContractAdministration: AnyObject, Sendable {
    /// At most `limit` contracts behind `clientID`, in the order of the ids' bytes; nil: from the first.
    func contracts(after clientID: String?, limit: Int) throws -> [Contract]
    /// Nil where the client has none.
    func contract(_ clientID: String) throws -> Contract?
    /// - Throws: `Fault`: invalid-contract.
    func putContract(_ contract: Contract) throws -> PutOutcome
    /// Ends its keys; its data stay.
    ///
    /// - Throws: `Fault`: not-found.
    func deleteContract(_ clientID: String) throws
}
