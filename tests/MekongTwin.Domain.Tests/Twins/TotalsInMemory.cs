using MekongTwin.Contracts;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Twins;

/// <summary>Parents over a store in memory.</summary>
public sealed class TotalsInMemory : TotalsContract
{
    protected override ITwinStore Open(ITwinStore? before) => before ?? new MemoryStore();
}
