/// Contracts: what a client may do. Changes are durable before these return.
package protocol ContractAdministration: AnyObject, Sendable {
    /// At most `limit` contracts behind `clientID`, in the order of the ids' bytes; nil: from the first.
    func contracts(after clientID: String?, limit: Int) throws -> [Contract]
    /// Nil where the client has none.
    func contract(_ clientID: String) throws -> Contract?
    /// - Parameter keepsSecret: the webhook has the secret that is stored when the contract is put, and not its own.
    /// - Throws: `Fault`: invalid-contract, also where no secret is stored for the webhook's URL.
    func putContract(_ contract: Contract, keepsSecret: Bool) throws -> PutOutcome
    /// Ends its keys; its data stay.
    ///
    /// - Throws: `Fault`: not-found.
    func deleteContract(_ clientID: String) throws
}

extension ContractAdministration {
    /// With the webhook's own secret.
    ///
    /// - Throws: `Fault`: invalid-contract.
    package func putContract(_ contract: Contract) throws -> PutOutcome { try putContract(contract, keepsSecret: false) }
}
