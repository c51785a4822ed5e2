# fish completion for fleet. Load it with: fleet completion fish | source
# Words go to fleet as they were typed: nothing on the line is evaluated.
function __fleet_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] complete -- $words[2..-1] 2>/dev/null
end
complete -c fleet -a '(__fleet_complete)'
