"""A step of a plan, in words."""

from __future__ import annotations

from reviewapps import steps
from reviewapps.steps import Next

SAME_BUILD = {
    "elsewhere": "look for the same build elsewhere",
    "builder": "look whether the app that builds is ours alone",
    "abroad": "look for the same build, signed, in other spaces",
}


def in_words(step: Next) -> str:
    """What the step does, as an infinitive.

    >>> in_words(steps.CreateRoute(("shop-pr-12", "shop-pr-12-2dc23a")))
    'make the address shop-pr-12'
    >>> in_words(steps.Wait("staging"))
    'wait for staging'
    """
    match step:
        case steps.Look(kind):
            return SAME_BUILD.get(kind, f"look at its {kind}")
        case steps.CreateApp(names, attempt) if attempt.refusal is not None:
            return f"make the record {names[0]}, which remembers that it was {attempt.refusal.message}"
        case steps.CreateApp(names):
            return f"make the app {names[0]}"
        case steps.Begin(attempt):
            return f"begin with {attempt.commit[:7]}"
        case steps.Remember(source, wished):
            return f"remember that {source or 'nothing'} asks for {(wished or 'nothing')[:7]}"
        case steps.Govern():
            return "write down what somebody said of it by hand"
        case steps.Adopt():
            return "take the app over"
        case steps.AdoptRoute():
            return "take its address over"
        case steps.CreateBuilder(names):
            return f"make the app {names[0]}, which only builds"
        case steps.ReplaceBuilder():
            return "delete the app that builds: somebody else may have had a hand in it"
        case (
            steps.CreateService()
            | steps.MakeDatabase()
            | steps.DeleteService()
            | steps.Bind()
            | steps.Unbind()
            | steps.RunTask()
            | steps.CancelTask()
            | steps.MarkSetUp()
        ):
            return _of_serving(step)
        case steps.CreateRoute(hosts):
            return f"make the address {hosts[0]}"
        case steps.MapRoute():
            return "lead its address to the app"
        case steps.BindGate():
            return "lead its address by the gate"
        case steps.UnbindGate():
            return "lead its address straight to the app"
        case steps.RaiseGate():
            return "put up the gate"
        case steps.ReadSource(commit):
            return f"read the manifest of {commit[:7]}, then build and start it"
        case (
            steps.Upload()
            | steps.CreateBuild()
            | steps.CopyDroplet()
            | steps.Sign()
            | steps.CarrySignature()
            | steps.Configure()
        ):
            return _of_building(step)
        case steps.Refuse(refusal):
            return f"give up: {refusal.message}"
        case steps.NoteSaid():
            return "write down what Slack was told"
        case steps.DeleteRoute():
            return "delete its address"
        case steps.DeleteApp():
            return "delete the app"
        case steps.Wait(on):
            return f"wait for {on}"
        case steps.Done():
            return "nothing"
        case _:
            return _of_switching(step)


def _of_serving(
    step: steps.CreateService
    | steps.MakeDatabase
    | steps.DeleteService
    | steps.Bind
    | steps.Unbind
    | steps.RunTask
    | steps.CancelTask
    | steps.MarkSetUp,
) -> str:
    match step:
        case steps.CreateService(service):
            return f"make the service {service.name}"
        case steps.MakeDatabase():
            return "make its database, empty"
        case steps.DeleteService():
            return "delete a service of its own, with what it holds"
        case steps.Bind(_, name):
            return f"bind it to {name}"
        case steps.Unbind():
            return "unbind a service that it no longer wants"
        case steps.RunTask(kind):
            return f"run the {kind} task"
        case steps.CancelTask():
            return "end a task whose time is over"
        case steps.MarkSetUp():
            return "write down that it was set up"


def _of_building(
    step: steps.Upload
    | steps.CreateBuild
    | steps.CopyDroplet
    | steps.Sign
    | steps.CarrySignature
    | steps.Configure,
) -> str:
    match step:
        case steps.Upload():
            return "upload its source"
        case steps.CreateBuild():
            return "build it"
        case steps.CopyDroplet():
            return "copy the same build from another environment"
        case steps.Sign():
            return "sign the build, if nobody else had a hand in it"
        case steps.CarrySignature():
            return "write what is signed of a build onto its copy"
        case steps.Configure():
            return "set its variables, sizes and health check"


def _of_switching(
    step: steps.ScaleProcesses
    | steps.Start
    | steps.Stop
    | steps.Roll
    | steps.CancelRoll
    | steps.Reach
    | steps.MarkLive,
) -> str:
    match step:
        case steps.ScaleProcesses():
            return "let its other processes run as the rules say"
        case steps.Start():
            return "start it"
        case steps.Stop():
            return "stop it"
        case steps.Roll():
            return "switch to the new build by a rolling deployment"
        case steps.CancelRoll():
            return "call the deployment off; the old version serves on"
        case steps.Reach(address):
            return f"ask {address} whether it answers"
        case steps.MarkLive(attempt):
            return f"write down that {attempt.commit[:7]} is live"
