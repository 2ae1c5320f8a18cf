/// Contracts: what a client may do. Changes are durable before these return.
package protocol ContractAdministration: AnyObject, Sendable {
    /// At most `limit` contracts behind `clientID`, in the order of the ids' bytes; nil: from the first.
    func contracts(after clientID: String?, limit: Int) throws -> [Contract]
    /// Nil where the client has none.
    func contract(_ clientID: String) throws -> Contract?
    /// - Parameters:
    ///   - keepsSecret: the webhook has the secret that is stored when the contract is put, and not its own.
    ///   - mayReplace: false makes one only where the client has none as it is put.
    /// - Throws: `Fault`: invalid-contract, also where no secret is stored for the webhook's URL; already-exists where it may not replace the one that there is.
    func putContract(_ contract: Contract, keepsSecret: Bool, mayReplace: Bool) throws -> PutOutcome
    /// Ends its keys; its data stay.
    ///
    /// - Throws: `Fault`: not-found.
    func deleteContract(_ clientID: String) throws
}

extension ContractAdministration {
    /// With the webhook's own secret, in place of the one that there is.
    ///
    /// - Throws: `Fault`: invalid-contract.
    package func putContract(_ contract: Contract) throws -> PutOutcome { try putContract(contract, keepsSecret: false, mayReplace: true) }
}
